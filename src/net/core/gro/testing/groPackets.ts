/**
 * Packets for tests of receive offload, and a transport protocol of our own above IP that merges them. Its header has
 * four bytes: a flow number, and flags.
 */
import { concat } from "../../../../bytes/concat.js";
import { putU16 } from "../../../../bytes/view.js";
import type { Memory } from "../../../../memory/Memory.js";
import { allocPage, allocSkb, buildSkb, NET_SKB_PAD } from "../../../../skb/alloc.js";
import { putBytes, readU16 } from "../../../../skb/bytes.js";
import { EINPROGRESS } from "../../../../skb/errno.js";
import type { Frag } from "../../../../skb/Page.js";
import { skbPullInner, skbPut, skbReserve, skbResetMacHeader } from "../../../../skb/pushPull.js";
import type { SkBuff } from "../../../../skb/SkBuff.js";
import { must } from "../../../../skb/testing/make.js";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, emitEthernet } from "../../../../wire/ethernet.js";
import { emitIpv4, IP_DF } from "../../../../wire/ipv4.js";
import { emitIpv6 } from "../../../../wire/ipv6.js";
import { fixedSeams } from "../../../fixedSeams.js";
import type { GroCallbacks, NetKernel } from "../../../NetKernel.js";
import { offloads } from "../../../offloads.js";
import { type NetDevice, NO_RECEIVE_OFFLOAD, netDevice, type ReceiveFeatures } from "../../NetDevice.js";
import { groReadU16, skbGroHeader } from "../groHeader.js";
import { skbGroReceive, skbGroReceiveList } from "../merge.js";
import { napiGroCb, skbGroOffset, skbGroPull } from "../napiGroCb.js";
import { groReceiveNetworkFlush } from "../networkFlush.js";

/** For experiments (RFC 3692). */
export const TOY_PROTO = 253;
export const TOY_HLEN = 4;
/** The packet completes what is held; is a list member; belongs to somebody else; must not be merged. */
export const ENDS = 1;
export const LIST = 2;
export const STOLEN = 4;
export const ALONE = 8;

export const toyGro: GroCallbacks = {
  receive(k, held, skb) {
    const off = skbGroOffset(skb);
    const cb = napiGroCb(skb);
    if (!skbGroHeader(skb, off, TOY_HLEN)) {
      cb.flush = 1;
      return null;
    }
    const flow = groReadU16(skb, off);
    const flags = groReadU16(skb, off + 2);
    if (flags & STOLEN) return -EINPROGRESS;
    if (flags & ALONE) {
      cb.flush = 1;
      return null;
    }
    skbGroPull(skb, TOY_HLEN);
    for (const p of held) {
      if (!napiGroCb(p).sameFlow) continue;
      if (readU16(p, p.data + off) !== flow) {
        napiGroCb(p).sameFlow = false;
        continue;
      }
      if (groReceiveNetworkFlush(k, skb, p, off) !== 0) return p;
      const err = flags & LIST ? skbGroReceiveList(k, p, skb) : skbGroReceive(k, p, skb);
      return err !== 0 || flags & ENDS ? p : null;
    }
    return null;
  },
  complete(_k, skb, nhoff) {
    skb.shinfo.gsoSegs = napiGroCb(skb).count;
    skb.transportHeader = skb.data + nhoff;
    return 0;
  },
};

/** The fixed kernel that knows the toy protocol. */
export const toyKernel: NetKernel = {
  ...fixedSeams,
  offloads: {
    ...offloads,
    inetGro: new Map([...offloads.inetGro, [TOY_PROTO, toyGro]]),
    inet6Gro: new Map([...offloads.inet6Gro, [TOY_PROTO, toyGro]]),
  },
};

export function receivingDevice(own: Partial<ReceiveFeatures> = {}, name = "eth0"): NetDevice {
  return netDevice(name, 0, { startXmit() {}, receive: { ...NO_RECEIVE_OFFLOAD, gro: true, ...own } });
}

/** What a test may say about a packet; the rest is plain. */
export interface Toy {
  readonly flow?: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
  readonly id?: number;
  readonly fragOff?: number;
  readonly ttl?: number;
  readonly tos?: number;
  /** Behind the IP packet, as Ethernet pads short frames. */
  readonly padding?: number;
}

/** The toy header and its payload. */
export function toySegment({ flow = 1, flags = 0, payload = new Uint8Array(8).fill(7) }: Toy): Uint8Array {
  const header = new Uint8Array(TOY_HLEN);
  putU16(header, 0, flow);
  putU16(header, 2, flags);
  return concat([header, payload]);
}

export function inIpv4(inner: Uint8Array, toy: Toy = {}, protocol = TOY_PROTO): Uint8Array {
  const packet = new Uint8Array(20 + inner.length);
  emitIpv4(packet, 0, {
    tos: toy.tos ?? 0,
    totLen: packet.length,
    id: toy.id ?? 0,
    fragOff: toy.fragOff ?? IP_DF,
    ttl: toy.ttl ?? 64,
    protocol,
    saddr: Uint8Array.of(10, 0, 0, 1),
    daddr: Uint8Array.of(10, 0, 0, 2),
    options: new Uint8Array(),
  });
  packet.set(inner, 20);
  return packet;
}

export interface Toy6 extends Toy {
  readonly trafficClass?: number;
  readonly flowLabel?: number;
  readonly hopLimit?: number;
}

export function inIpv6(inner: Uint8Array, toy: Toy6 = {}, nexthdr = TOY_PROTO): Uint8Array {
  const packet = new Uint8Array(40 + inner.length);
  emitIpv6(packet, 0, {
    trafficClass: toy.trafficClass ?? 0,
    flowLabel: toy.flowLabel ?? 0,
    payloadLen: inner.length,
    nexthdr,
    hopLimit: toy.hopLimit ?? 64,
    saddr: Uint8Array.of(0xfd, ...new Uint8Array(14), 1),
    daddr: Uint8Array.of(0xfd, ...new Uint8Array(14), 2),
  });
  packet.set(inner, 40);
  return packet;
}

export function inEthernet(packet: Uint8Array, proto: number, padding = 0): Uint8Array {
  const link = new Uint8Array(ETH_HLEN);
  emitEthernet(link, 0, {
    dest: Uint8Array.of(2, 0, 0, 0, 0, 2),
    source: Uint8Array.of(2, 0, 0, 0, 0, 1),
    proto,
  });
  return concat([link, packet, new Uint8Array(padding)]);
}

/** The frames of IPv4 and IPv6 packets. */
export const toyFrame4 = (toy: Toy = {}): Uint8Array => inEthernet(inIpv4(toySegment(toy), toy), ETH_P_IP, toy.padding);
export const toyFrame6 = (toy: Toy6 = {}): Uint8Array =>
  inEthernet(inIpv6(toySegment(toy), toy), ETH_P_IPV6, toy.padding);

/** Where the bytes of a received frame lie. */
export interface Layout {
  /** Bytes of the frame in the linear part; the others lie in fragments of at most `fragment` bytes. */
  readonly linear?: number;
  readonly fragment?: number;
  /** The head is carved out of a page. */
  readonly headFrag?: boolean;
  /** Room behind the linear part, for what is pulled. */
  readonly tailroom?: number;
  readonly headroom?: number;
}

/** The sk_buff that a driver hands over: `data` is behind the link header, which stays where it is. */
export function received(mem: Memory, dev: NetDevice, frame: Uint8Array, layout: Layout = {}): SkBuff {
  const skb = inMemory(mem, frame, layout);
  skbResetMacHeader(skb);
  skb.protocol = ((frame[12] as number) << 8) | (frame[13] as number);
  skbPullInner(skb, ETH_HLEN);
  skb.dev = dev;
  return skb;
}

/** The frame in a buffer, `data` at its first byte. */
export function inMemory(mem: Memory, frame: Uint8Array, layout: Layout = {}): SkBuff {
  const { linear = frame.length, fragment = 4096, tailroom = 128, headroom = NET_SKB_PAD } = layout;
  const size = headroom + linear + tailroom;
  const skb = must(layout.headFrag ? buildSkb(mem, size) : allocSkb(mem, size));
  skbReserve(skb, headroom);
  putBytes(skb, skbPut(skb, linear), frame.subarray(0, linear));
  const frags: Frag[] = [];
  for (let at = linear; at < frame.length; at += fragment) {
    const bytes = frame.subarray(at, at + fragment);
    const page = must(allocPage(mem, bytes.length));
    mem.arena.bytes.set(bytes, page.base);
    frags.push({ page, offset: 0, len: bytes.length });
    skb.truesize += page.size;
  }
  skb.shinfo.fragsChangedTo(frags);
  skb.dataLen = frame.length - linear;
  skb.len = frame.length;
  return skb;
}
