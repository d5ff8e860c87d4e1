/**
 * A frame that came in through a port of a bridge: learned from, flooded or forwarded, and handed up to the host. Left
 * out: VLAN filtering, spanning tree, snooping of membership reports, locked ports, neighbour suppression, netfilter.
 */
import { equalBytes } from "../../bytes/diff.js";
import { bytesAt } from "../../skb/bytes.js";
import { skbShareCheck } from "../../skb/copy.js";
import { kfreeSkb } from "../../skb/free.js";
import { PACKET_HOST, PACKET_LOOPBACK, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_ALEN, ETH_DEST, ETH_SOURCE } from "../../wire/ethernet.js";
import type { NetDevice } from "../core/NetDevice.js";
import type { Netns } from "../core/Netns.js";
import { netifReceive } from "../core/netif.js";
import type { NetKernel } from "../NetKernel.js";
import type { Bridge, BridgePort, PortOptions } from "./Bridge.js";
import { brFlood, brForward, brMulticastFlood, shouldDeliver } from "./brForward.js";

/** 01:80:C2:00:00:0x, which bridges keep to themselves. @kernel is_link_local_ether_addr */
const LINK_LOCAL = Uint8Array.of(0x01, 0x80, 0xc2, 0x00, 0x00);
const PAUSE = 0x01;

/** Makes a device a port: what comes in there goes through the bridge from now on. @kernel br_add_if net/bridge/br_if.c */
export function brAddIf(net: Netns, bridge: Bridge, device: NetDevice, options: PortOptions = {}): BridgePort {
  const port = bridge.addPort(device, options);
  const through = net.interfaceOf(device);
  if (through !== undefined) through.rxHandler = (k, skb) => brHandleFrame(k, net, bridge, port, skb);
  return port;
}

/**
 * Returns the packet where the port's own host is to deal with it, else null.
 *
 * @kernel br_handle_frame net/bridge/br_input.c v6.12
 */
export function brHandleFrame(
  k: NetKernel,
  net: Netns,
  bridge: Bridge,
  port: BridgePort,
  received: SkBuff,
): SkBuff | null {
  if (received.pktType === PACKET_LOOPBACK) return received;
  const source = bytesAt(received, received.macHeader + ETH_SOURCE, ETH_ALEN);
  if ((source[0] as number) & 1 || source.every((byte) => byte === 0))
    return dropped(net, received, "MAC_INVALID_SOURCE");
  const skb = skbShareCheck(received);
  if (skb === null) return null;

  const dest = bytesAt(skb, skb.macHeader + ETH_DEST, ETH_ALEN);
  if (isLinkLocalEther(dest)) {
    const last = dest[5] as number;
    if (last === PAUSE) return dropped(net, skb, "MAC_IEEE_MAC_CONTROL");
    // Without spanning tree its frames are for others; all other reserved ones are for us.
    if (last !== 0) {
      if (port.learning) bridge.learn(port, source);
      return skb;
    }
  }
  if (equalBytes(dest, bridge.address)) skb.pktType = PACKET_HOST;
  brHandleFrameFinish(k, net, bridge, port, skb);
  return null;
}

/** @kernel is_broadcast_ether_addr include/linux/etherdevice.h */
const isBroadcastEther = (address: Uint8Array): boolean => address.every((byte) => byte === 0xff);

const isLinkLocalEther = (dest: Uint8Array): boolean =>
  equalBytes(dest.subarray(0, 5), LINK_LOCAL) && ((dest[5] as number) & 0xf0) === 0;

function dropped(net: Netns, skb: SkBuff, reason: string): null {
  net.drop("br_handle_frame", reason);
  kfreeSkb(skb);
  return null;
}

/** @kernel br_handle_frame_finish net/bridge/br_input.c v6.12 */
function brHandleFrameFinish(k: NetKernel, net: Netns, bridge: Bridge, from: BridgePort, skb: SkBuff): void {
  const dest = bytesAt(skb, skb.macHeader + ETH_DEST, ETH_ALEN);
  const source = bytesAt(skb, skb.macHeader + ETH_SOURCE, ETH_ALEN);
  if (from.learning) bridge.learn(from, source);

  if ((dest[0] as number) & 1) {
    const isBroadcast = isBroadcastEther(dest);
    const group = isBroadcast ? undefined : bridge.group(dest);
    if (group !== undefined && bridge.querierExists) {
      const localRcv = group.hostJoined || bridge.isMulticastRouter;
      brMulticastFlood(k, skb, { bridge, group, from }, localRcv);
      if (localRcv) brPassFrameUp(k, net, bridge, skb);
      return;
    }
    const ports = floodPorts(bridge, from, (port) => (isBroadcast ? port.bcastFlood : port.mcastFlood));
    brFlood(k, skb, ports, true);
    brPassFrameUp(k, net, bridge, skb);
    return;
  }
  if (equalBytes(dest, bridge.address)) {
    brPassFrameUp(k, net, bridge, skb);
    return;
  }
  const to = bridge.find(dest);
  if (to !== undefined) brForward(k, skb, shouldDeliver(to, from) ? to.device : null);
  else
    brFlood(
      k,
      skb,
      floodPorts(bridge, from, (port) => port.flood),
      false,
    );
}

const floodPorts = (bridge: Bridge, from: BridgePort, floods: (port: BridgePort) => boolean): NetDevice[] =>
  bridge.ports.filter((port) => floods(port) && shouldDeliver(port, from)).map(({ device }) => device);

/**
 * Hands a frame to the host as if the bridge were its only device.
 *
 * @kernel br_pass_frame_up net/bridge/br_input.c v6.12
 */
function brPassFrameUp(k: NetKernel, net: Netns, bridge: Bridge, skb: SkBuff): void {
  skb.dev = bridge.device;
  netifReceive(k, net, skb);
}
