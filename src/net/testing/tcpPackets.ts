/** TCP packets for unit tests: a stream to be cut, or a list as receive offload leaves it; and their checksums judged. */
import { CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, SKB_GSO_TCPV4, SKB_GSO_TCPV6 } from "../../abi/features.js";
import { csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import type { Memory } from "../../memory/Memory.js";
import { putBytes, readU16, writeU16 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { flatten, makeMemory, makeSkb, membersOf, type Shape } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6, emitEthernet } from "../../wire/ethernet.js";
import { emitIpv4, IP_DF, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitIpv6 } from "../../wire/ipv6.js";
import { emitTcp, IPPROTO_TCP, TCPHDR_ACK, tcpNoopOptions } from "../../wire/tcp.js";
import { fixedSeams } from "../fixedSeams.js";
import type { NetKernel } from "../NetKernel.js";
import { offloads } from "../offloads.js";

/** The fixed kernel, with some decisions of its TCP segmentation replaced. */
export const kernelOf = (tcpOffload: Partial<NetKernel["tcpOffload"]> = {}): NetKernel => ({
  ...fixedSeams,
  tcpOffload: { ...fixedSeams.tcpOffload, ...tcpOffload },
  offloads,
});

export type Family = "ipv4" | "ipv6";

/** What the headers say; addresses are told apart by their last byte. */
export interface TcpFields {
  readonly family?: Family;
  readonly saddr?: number;
  readonly daddr?: number;
  readonly source?: number;
  readonly dest?: number;
  readonly seq?: number;
  readonly flags?: number;
  readonly id?: number;
  readonly optionWords?: number;
}

export const ipLength = (family: Family): number => (family === "ipv4" ? 20 : 40);

/** Bytes from the MAC header to the payload. */
export const headersLength = ({ family = "ipv4", optionWords = 0 }: TcpFields): number =>
  14 + ipLength(family) + 20 + 4 * optionWords;

/** Link, IP and TCP header in front of that much payload, the checksum 0. */
export function tcpHeaders(fields: TcpFields, payload: number): Uint8Array {
  const { family = "ipv4", saddr = 1, daddr = 2, source = 1000, dest = 2000 } = fields;
  const { seq = 5000, flags = TCPHDR_ACK, id = 1, optionWords = 0 } = fields;
  const out = new Uint8Array(headersLength(fields));
  const l4 = 20 + 4 * optionWords;
  const mac = { dest: new Uint8Array(6).fill(2), source: new Uint8Array(6).fill(4) };
  if (family === "ipv4") {
    emitEthernet(out, 0, { ...mac, proto: ETH_P_IP });
    const addresses = { saddr: Uint8Array.of(10, 0, 0, saddr), daddr: Uint8Array.of(10, 0, 0, daddr) };
    const rest = { tos: 0, totLen: 20 + l4 + payload, id, fragOff: IP_DF, ttl: 64, protocol: IPPROTO_TCP };
    emitIpv4(out, 14, { ...addresses, ...rest, options: ipv4NoopOptions(0) });
  } else {
    emitEthernet(out, 0, { ...mac, proto: ETH_P_IPV6 });
    const address = (last: number): Uint8Array => new Uint8Array(16).fill(0xfd).with(-1, last);
    const rest = { trafficClass: 0, flowLabel: 0, payloadLen: l4 + payload, nexthdr: IPPROTO_TCP, hopLimit: 64 };
    emitIpv6(out, 14, { saddr: address(saddr), daddr: address(daddr), ...rest });
  }
  const ports = { source, dest, seq, ackSeq: 7, window: 0x1000 };
  const options = tcpNoopOptions(optionWords);
  emitTcp(out, 14 + ipLength(family), { ...ports, flags, check: 0, urgPtr: 0, options });
  return out;
}

const gsoTypeOf = (family: Family): number => (family === "ipv4" ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6);

/** Writes the headers in front of the payload and sets everything that points at them. */
function lay(skb: SkBuff, fields: TcpFields, mac: number, payload: number): void {
  const { family = "ipv4" } = fields;
  putBytes(skb, mac, tcpHeaders(fields, payload));
  skb.protocol = family === "ipv4" ? ETH_P_IP : ETH_P_IPV6;
  skb.macHeader = mac;
  skb.macLen = 14;
  skb.networkHeader = mac + 14;
  skb.transportHeader = skb.networkHeader + ipLength(family);
}

/** A packet with `data` at its MAC header, its checksum partial. `linear` counts payload only. */
export function tcpStream(fields: TcpFields, shape: Shape, memory: Memory = makeMemory()): SkBuff {
  const { family = "ipv4" } = fields;
  const headers = headersLength(fields);
  const skb = makeSkb(memory, { gsoType: gsoTypeOf(family), ...shape, linear: headers + (shape.linear ?? 0) });
  lay(skb, fields, skb.data, skb.len - headers);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = skb.transportHeader;
  skb.csumOffset = 16;
  writeU16(skb, skb.transportHeader + 16, ~csumFold(pseudoSumOf(skb)) & 0xffff);
  return skb;
}

/**
 * A list of segments with these payloads, each with headers and a complete checksum of its own, as list GRO leaves it:
 * the members' `data` behind their headers, the first one's lengths those of all together.
 */
export function tcpList(fields: TcpFields, payloads: readonly number[], more: Shape = {}): SkBuff {
  const { family = "ipv4", seq = 5000, id = 1 } = fields;
  const headers = headersLength(fields);
  const [first = 0, ...others] = payloads;
  const skb = makeSkb(makeMemory(), {
    gsoType: gsoTypeOf(family) | (more.gsoType ?? 0),
    gsoSize: more.gsoSize ?? first,
    gsoSegs: payloads.length,
    linear: headers + first,
    members: others.map((linear) => ({ linear, headroom: 64 + headers })),
  });
  lay(skb, fields, skb.data, first);
  completeCheck(skb, fields, headers + first);
  let at = first;
  membersOf(skb).forEach((member, i) => {
    lay(member, { ...fields, seq: (seq + at) >>> 0, id: id + i + 1 }, member.data - headers, member.len);
    at += member.len;
    member.data -= headers;
    member.len += headers;
    completeCheck(member, fields, member.len);
    member.data += headers;
    member.len -= headers;
    member.ipSummed = CHECKSUM_UNNECESSARY;
  });
  const lengthAt = skb.networkHeader + (family === "ipv4" ? 2 : 4);
  writeU16(skb, lengthAt, skb.len - 14 - (family === "ipv4" ? 0 : 40));
  skb.ipSummed = CHECKSUM_UNNECESSARY;
  return skb;
}

/** The full checksum over the first `len` bytes of a frame with `data` at its MAC header. */
function completeCheck(skb: SkBuff, fields: TcpFields, len: number): void {
  const { family = "ipv4" } = fields;
  const bytes = flatten(skb).slice(0, len);
  writeU16(skb, skb.transportHeader + 16, csumFold(sumOf(bytes, family)));
}

/** Pseudo header, TCP header and payload of a frame that begins with its Ethernet header, summed. */
function sumOf(frame: Uint8Array, family: Family): number {
  const at = 14 + ipLength(family);
  return csumPartial(frame, at, frame.length - at, pseudoSumOfFrame(frame, family));
}

function pseudoSumOfFrame(frame: Uint8Array, family: Family): number {
  const len = frame.length - 14 - ipLength(family);
  return family === "ipv4"
    ? pseudoSumV4(frame, 26, 30, len, IPPROTO_TCP, 0)
    : pseudoSumV6(frame, 22, 38, len, IPPROTO_TCP, 0);
}

export const familyOf = (skb: SkBuff): Family => (skb.protocol === ETH_P_IP ? "ipv4" : "ipv6");

/** The unfolded pseudo header sum of a frame with `data` at its MAC header. */
export const pseudoSumOf = (skb: SkBuff): number => pseudoSumOfFrame(flatten(skb), familyOf(skb));

/** Whether the checksum is right as it stands, or would be once a device has completed it. */
export function checksumHolds(skb: SkBuff): boolean {
  const frame = flatten(skb);
  if (skb.ipSummed !== CHECKSUM_PARTIAL) return csumFold(sumOf(frame, familyOf(skb))) === 0;
  const right = ~csumFold(pseudoSumOf(skb)) & 0xffff;
  return readU16(skb, skb.transportHeader + 16) === right && skb.csumStart === skb.transportHeader;
}
