/** What GRE and UDP tunnels do alike before and after the packet inside them is segmented. */
import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import { nullDeref } from "../../memory/fault.js";
import { skbPullInner, skbPushInner, skbResetInnerHeaders, skbResetMacHeader } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import type { NetDevice } from "./NetDevice.js";

/** What the packet was before its outer headers were taken off. */
export interface OuterPacket {
  readonly protocol: number;
  /** Offset from head. */
  readonly macHeader: number;
  readonly macLen: number;
}

/** The device whose features count inside a tunnel; handlers follow the pointer without looking. */
export function tunnelDevice(skb: SkBuff): NetDevice {
  if (skb.dev === null) throw nullDeref("tunnel-device");
  return skb.dev as NetDevice;
}

/** Takes the tunnel's headers off: the packet is the inner one from here on, `data` at its MAC header. */
export function enterTunnel(skb: SkBuff, tnlHlen: number, innerProtocol: number): OuterPacket {
  const { protocol, macHeader, macLen } = skb;
  skb.encapsulation = false;
  skb.cbEncapLevel = 0;
  skbPullInner(skb, tnlHlen);
  skbResetMacHeader(skb);
  skb.networkHeader = skb.innerNetworkHeader;
  skb.macLen = (skb.innerNetworkHeader - skb.data) & 0xffff;
  skb.protocol = innerProtocol;
  return { protocol, macHeader, macLen };
}

/**
 * Puts the outer headers, `outerHlen` bytes, in front of a segment again. The inner headers are remembered where the
 * inner checksum is still to be completed. The tunnel's own header follows `transportOffset` bytes behind.
 */
export function leaveTunnel(seg: SkBuff, outer: OuterPacket, outerHlen: number, transportOffset: number): void {
  if (seg.ipSummed === CHECKSUM_PARTIAL) {
    skbResetInnerHeaders(seg);
    seg.encapsulation = true;
  }
  seg.macLen = outer.macLen;
  seg.protocol = outer.protocol;
  skbPushInner(seg, outerHlen);
  skbResetMacHeader(seg);
  seg.networkHeader = (seg.data + outer.macLen) & 0xffff;
  seg.transportHeader = (seg.data + transportOffset) & 0xffff;
}
