/**
 * Packets inside packets for unit tests: written layer by layer with sums of its own, so that a segment can be compared
 * with the packet that somebody would have sent in its place; and the sk_buff of such a packet, ready to be segmented.
 */
import { CHECKSUM_PARTIAL, NETIF_F_SG } from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { getU16, putU16 } from "../../bytes/view.js";
import { putBytes } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { chain, flatten, makeMemory, makeSkb, payload } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6, emitEthernet } from "../../wire/ethernet.js";
import { emitGre, GRE_CHECK, type GreHeader, greLength } from "../../wire/gre.js";
import { emitIpv4, IP_DF, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitIpv6 } from "../../wire/ipv6.js";
import { emitMpls } from "../../wire/mpls.js";
import { emitNsh } from "../../wire/nsh.js";
import { emitTcp, TCPHDR_ACK, tcpNoopOptions } from "../../wire/tcp.js";
import { emitUdp, UDP_CHECK } from "../../wire/udp.js";
import { emitVxlan } from "../../wire/vxlan.js";
import { skbGsoSegment } from "../core/gso.js";
import { type NetDevice, netDevice } from "../core/NetDevice.js";
import { fixedSeams } from "../fixedSeams.js";
import type { NetKernel } from "../NetKernel.js";
import { offloads } from "../offloads.js";

export const fixedKernel: NetKernel = { ...fixedSeams, offloads };

/** What a checksum field holds: the checksum, the folded pseudo-header sum, or 0. */
export type Sum = "complete" | "pseudo" | "none";

/** Puts a header in front of bytes. `segment` counts from 0: it shows in what counts up over segments. */
export type Layer = (inside: Uint8Array, segment: number) => Uint8Array;

/** The bytes of all layers, outermost first, around that payload. */
export function packet(layers: readonly Layer[], data: Uint8Array, segment = 0): Uint8Array {
  return layers.reduceRight((inside, layer) => layer(inside, segment), data);
}

function withHeader(length: number, inside: Uint8Array, emit: (buf: Uint8Array) => void): Uint8Array {
  const header = new Uint8Array(length);
  emit(header);
  return concat([header, inside]);
}

/** Ones-complement sum of 16-bit words, folded: the plainest way there is. */
export function slowSum(bytes: Uint8Array, init = 0): number {
  let sum = init;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = Math.floor(sum / 0x1_0000) + (sum % 0x1_0000);
  return sum;
}

export const ethernet =
  (proto: number): Layer =>
  (inside) =>
    withHeader(14, inside, (buf) => {
      emitEthernet(buf, 0, { dest: new Uint8Array(6).fill(2), source: new Uint8Array(6).fill(4), proto });
    });

const CHECK_OFFSETS: Readonly<Record<number, number>> = { 6: 16, 17: UDP_CHECK };

/** The upper-layer packet with its checksum field filled in. */
function summed(inside: Uint8Array, protocol: number, addresses: Uint8Array, sum: Sum): Uint8Array {
  const at = CHECK_OFFSETS[protocol];
  if (at === undefined) return inside;
  const out = inside.slice();
  putU16(out, at, 0);
  const pseudo = slowSum(addresses, protocol + inside.length);
  if (sum === "pseudo") putU16(out, at, pseudo);
  if (sum === "complete") putU16(out, at, 0xffff - slowSum(out, pseudo) || (protocol === 17 ? 0xffff : 0));
  return out;
}

/** Identifications count up from `id`. The sum is that of the UDP or TCP header behind. */
export const ipv4 =
  (protocol: number, sum: Sum = "none", id = 0xfffe): Layer =>
  (inside, segment) => {
    const saddr = Uint8Array.of(10, 0, 0, protocol);
    const daddr = Uint8Array.of(10, 0, 1, protocol);
    const upper = summed(inside, protocol, concat([saddr, daddr]), sum);
    return withHeader(20, upper, (buf) => {
      const rest = { tos: 1, totLen: 20 + inside.length, id: (id + segment) & 0xffff, fragOff: IP_DF, ttl: 64 };
      emitIpv4(buf, 0, { saddr, daddr, protocol, ...rest, options: ipv4NoopOptions(0) });
    });
  };

export const ipv6 =
  (nexthdr: number, sum: Sum = "none"): Layer =>
  (inside) => {
    const saddr = new Uint8Array(16).fill(0xfd).with(-1, nexthdr);
    const daddr = new Uint8Array(16).fill(0xfd).with(-1, nexthdr + 1);
    return withHeader(40, summed(inside, nexthdr, concat([saddr, daddr]), sum), (buf) => {
      const rest = { trafficClass: 2, flowLabel: 0x12345, payloadLen: inside.length, hopLimit: 64 };
      emitIpv6(buf, 0, { saddr, daddr, nexthdr, ...rest });
    });
  };

export const udp =
  (source: number, dest: number): Layer =>
  (inside) =>
    withHeader(8, inside, (buf) => {
      emitUdp(buf, 0, { source, dest, len: 8 + inside.length, check: 0 });
    });

/** A stream cut every `mss` bytes. */
export const tcp =
  (mss: number): Layer =>
  (inside, segment) =>
    withHeader(20, inside, (buf) => {
      const fields = { source: 1, dest: 2, seq: 5000 + segment * mss, ackSeq: 7, flags: TCPHDR_ACK, window: 512 };
      emitTcp(buf, 0, { ...fields, check: 0, urgPtr: 0, options: tcpNoopOptions(0) });
    });

export const vxlan: Layer = (inside) => withHeader(8, inside, (buf) => emitVxlan(buf, 0, 42));

/** With a `check`, whatever it is, the checksum is computed when the sum asks for that, and 0 otherwise. */
export const gre =
  (header: GreHeader, sum: Sum = "none"): Layer =>
  (inside) => {
    const out = withHeader(greLength(header), inside, (buf) => emitGre(buf, 0, header));
    if (header.check !== undefined) putU16(out, GRE_CHECK, 0);
    if (header.check !== undefined && sum === "complete") putU16(out, GRE_CHECK, 0xffff - slowSum(out));
    return out;
  };

export const mpls =
  (...labels: readonly number[]): Layer =>
  (inside) =>
    withHeader(4 * labels.length, inside, (buf) => {
      emitMpls(
        buf,
        0,
        labels.map((label) => ({ label, trafficClass: 5, ttl: 9 })),
      );
    });

export const nsh =
  (nextProto: number, contextWords = 0): Layer =>
  (inside) =>
    withHeader(8 + 4 * contextWords, inside, (buf) =>
      emitNsh(buf, 0, { ttl: 63, nextProto, path: 0x0102_03ff, contextWords }),
    );

export interface TestDevice {
  readonly features?: number;
  readonly hwEncFeatures?: number;
  readonly mplsFeatures?: number;
  readonly gsoPartialFeatures?: number;
}

export function deviceOf(words: TestDevice = {}): NetDevice {
  const { features = NETIF_F_SG, gsoPartialFeatures = 0, ...own } = words;
  const startXmit = (): void => {};
  return netDevice("dev", features, { hwEncFeatures: NETIF_F_SG, ...own, startXmit }, gsoPartialFeatures);
}

/** Where the headers are, in bytes from the start of the frame; what is not said is as if it had never been set. */
export interface Layout {
  readonly network: number;
  readonly transport?: number;
  readonly innerMac?: number;
  readonly innerNetwork?: number;
  readonly innerTransport?: number;
  /** UDP: where the checksum starts that is still partial, and its offset. */
  readonly csum?: readonly [number, number];
  readonly encapsulation?: boolean;
  readonly innerProtocol?: number;
  readonly innerProtocolIsIp?: boolean;
}

export interface Gso {
  readonly gsoSize: number;
  readonly gsoType: number;
}

/** The frame as it would be sent, `data` at its MAC header; `paged` bytes of its end lie in a page fragment. */
export function nestedSkb(frame: Uint8Array, layout: Layout, gso: Gso, device = deviceOf(), paged = 0): SkBuff {
  const linear = frame.length - paged;
  const skb = makeSkb(makeMemory("identity", 1 << 20), { ...gso, linear, frags: paged > 0 ? [paged] : [] });
  putBytes(skb, skb.data, frame.subarray(0, linear));
  const [frag] = skb.shinfo.frags;
  if (frag !== undefined) skb.mem.arena.bytes.set(frame.subarray(linear), frag.page.base + frag.offset);
  const at = (offset = 0): number => (offset === 0 ? 0 : skb.data + offset);
  skb.protocol = getU16(frame, layout.network - 2);
  skb.networkHeader = at(layout.network);
  if (layout.transport !== undefined) skb.transportHeader = at(layout.transport);
  skb.innerMacHeader = at(layout.innerMac);
  skb.innerNetworkHeader = at(layout.innerNetwork);
  skb.innerTransportHeader = at(layout.innerTransport);
  if (layout.csum !== undefined) {
    skb.ipSummed = CHECKSUM_PARTIAL;
    [skb.csumStart, skb.csumOffset] = [at(layout.csum[0]), layout.csum[1]];
  }
  skb.encapsulation = layout.encapsulation ?? true;
  skb.innerProtocol = layout.innerProtocol ?? 0;
  skb.innerProtocolIsIp = layout.innerProtocolIsIp ?? false;
  skb.dev = device;
  return skb;
}

/** The segments, which there must be. */
export function segmentsOf(skb: SkBuff, features: number, k = fixedKernel): SkBuff[] {
  const segs = skbGsoSegment(k, skb, features);
  if (segs === null || typeof segs === "number") throw new Error(`segmentation returned ${segs}`);
  return chain(segs);
}

/** The frame as a device puts it on the wire: with the checksum that it was left to complete. */
export function onTheWire(seg: SkBuff): Uint8Array {
  const frame = flatten(seg);
  if (seg.ipSummed !== CHECKSUM_PARTIAL) return frame;
  const start = seg.csumStart - seg.data;
  putU16(frame, start + seg.csumOffset, 0xffff - slowSum(frame.subarray(start)) || 0xffff);
  return frame;
}

/** The payload of test packets, and its pieces of `size` bytes. */
export const DATA = payload(250);
export const pieces = (size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(DATA.length / size) }, (_, i) => DATA.slice(i * size, (i + 1) * size));

/** The packets that somebody would have sent in place of the segments. */
export const expectedFrames = (layers: readonly Layer[], size: number): Uint8Array[] =>
  pieces(size).map((piece, i) => packet(layers, piece, i));

export const etherTypeOf = (family: "ipv4" | "ipv6"): number => (family === "ipv4" ? ETH_P_IP : ETH_P_IPV6);

/** Where an sk_buff's headers are, counted from `data`, and what else an unwinding has to restore. */
export const headersOf = (skb: SkBuff) => ({
  mac: skb.macHeader - skb.data,
  network: skb.networkHeader - skb.data,
  macLen: skb.macLen,
  protocol: skb.protocol,
  encapsulation: skb.encapsulation,
});
