/**
 * Frames for hand-made runs: Ethernet, IPv4 or IPv6, UDP, TCP or SCTP, with a tunnel around them if need be.
 *
 * Written out byte by byte and not with src/wire, so that a law and the run it is tested on do not share a mistake.
 */

export type SampleFamily = "ipv4" | "ipv6";
/** What stands in the checksum field: the full sum, the folded pseudo-header sum of a PARTIAL packet, or 0. */
export type SampleChecksum = "full" | "pseudo" | "zero";

export const SAMPLE_MAC_LEN = 14;
export const sampleIpLen = (family: SampleFamily): number => (family === "ipv4" ? 20 : 40);

const ADDRESSES: Readonly<Record<SampleFamily, readonly [readonly number[], readonly number[]]>> = {
  ipv4: [
    [10, 0, 0, 1],
    [239, 1, 2, 3],
  ],
  ipv6: [
    [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    [0xff, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34],
  ],
};

const word = (value: number): [number, number] => [(value >>> 8) & 0xff, value & 0xff];

/** Ones-complement sum of big-endian words, folded to 16 bits, not complemented. */
export function sampleSum(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

function pseudoHeader(family: SampleFamily, length: number, protocol = 17): number[] {
  const [source, destination] = ADDRESSES[family];
  return [...source, ...destination, ...word(length >>> 16), ...word(length), 0, protocol];
}

/** A UDP datagram from port 1000 to port 2000. `udpLength` is what the header claims; the true length unless given. */
export function sampleUdp(
  family: SampleFamily,
  payload: Uint8Array,
  checksum: SampleChecksum,
  udpLength = 8 + payload.length,
): Uint8Array {
  const header = [...word(1000), ...word(2000), ...word(udpLength), 0, 0];
  const pseudo = pseudoHeader(family, udpLength);
  let field = 0;
  if (checksum === "pseudo") field = sampleSum(pseudo);
  if (checksum === "full") field = ~sampleSum([...pseudo, ...header, ...payload]) & 0xffff || 0xffff;
  header.splice(6, 2, ...word(field));
  return Uint8Array.of(...header, ...payload);
}

export interface SampleTcp {
  readonly seq: number;
  /** ACK unless given. */
  readonly flags?: number;
}

/** A TCP segment from port 1000 to port 2000 with four bytes of options. */
export function sampleTcp(
  family: SampleFamily,
  payload: Uint8Array,
  checksum: SampleChecksum,
  { seq, flags = 0x10 }: SampleTcp,
): Uint8Array {
  const options = [1, 1, 1, 1];
  const numbers = [...word(seq >>> 16), ...word(seq), ...word(0), ...word(7)];
  const header = [...word(1000), ...word(2000), ...numbers, 0x60, flags, ...word(0x1000), 0, 0, 0, 0, ...options];
  const pseudo = pseudoHeader(family, header.length + payload.length, 6);
  const field = checksum === "pseudo" ? sampleSum(pseudo) : ~sampleSum([...pseudo, ...header, ...payload]) & 0xffff;
  header.splice(16, 2, ...word(field));
  return Uint8Array.of(...header, ...payload);
}

/** An SCTP packet of one chunk, with its CRC32c or with none. */
export function sampleSctp(payload: Uint8Array, checksum: "full" | "zero"): Uint8Array {
  const packet = Uint8Array.of(...word(1000), ...word(2000), 0x5e, 0xed, 0, 1, 0, 0, 0, 0, ...payload);
  if (checksum === "full") packet.set(sampleCrc(packet), 8);
  return packet;
}

/** CRC32c bit by bit, its bytes as they stand in the field: the low one first. */
function sampleCrc(bytes: Uint8Array): number[] {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  const end = ~crc >>> 0;
  return [0, 8, 16, 24].map((shift) => (end >>> shift) & 0xff);
}

export type SampleTunnel = "vxlan" | "gre" | "ip";

/** Bytes in front of the packet inside, which has a link header of its own except in an IP tunnel. */
export const sampleTunnelLen = (tunnel: SampleTunnel, checksum: boolean): number =>
  tunnel === "vxlan" ? 50 : tunnel === "gre" ? (checksum ? 42 : 38) : 34;

/** A frame around a frame, from 192.0.2.1 to 192.0.2.2. An IP tunnel leaves the inner link header out. */
export function sampleTunnel(
  tunnel: SampleTunnel,
  inner: Uint8Array,
  { id, checksum }: { readonly id: number; readonly checksum: boolean },
): Uint8Array {
  const addresses = [192, 0, 2, 1, 192, 0, 2, 2];
  const isIpv6 = inner[12] === 0x86;
  const outer = (protocol: number, payload: Uint8Array): Uint8Array => {
    const header = [0x45, 0, ...word(20 + payload.length), ...word(id), 0x40, 0, 64, protocol, 0, 0, ...addresses];
    header.splice(10, 2, ...word(~sampleSum(header)));
    return Uint8Array.of(2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0, ...header, ...payload);
  };
  if (tunnel === "ip") return outer(isIpv6 ? 41 : 4, inner.slice(SAMPLE_MAC_LEN));
  if (tunnel === "gre") {
    const header = checksum ? [0x80, 0, 0x65, 0x58, 0, 0, 0, 0] : [0, 0, 0x65, 0x58];
    if (checksum) header.splice(4, 2, ...word(~sampleSum([...header, ...inner])));
    return outer(47, Uint8Array.of(...header, ...inner));
  }
  const udp = [...word(50000), ...word(4789), ...word(16 + inner.length), 0, 0, 8, 0, 0, 0, 0, 0, 42, 0];
  const pseudo = [...addresses, ...word(16 + inner.length), 0, 17];
  if (checksum) udp.splice(6, 2, ...word(~sampleSum([...pseudo, ...udp, ...inner]) & 0xffff || 0xffff));
  return outer(17, Uint8Array.of(...udp, ...inner));
}

/** What the outer UDP checksum of a packet that is still to be cut holds: the pseudo-header sum. */
export const sampleOuterPseudo = (length: number): [number, number] =>
  word(sampleSum([192, 0, 2, 1, 192, 0, 2, 2, ...word(length), 0, 17]));

export interface SampleIp {
  readonly family: SampleFamily;
  /** IPv4 identification. */
  readonly id?: number;
  /** IPv4 flags and fragment offset as one word. */
  readonly fragOff?: number;
  /** IPv4 protocol or IPv6 next header, 17 unless given. */
  readonly protocol?: number;
  /** IPv4 total length, or IPv6 payload length, where it is not the true one. */
  readonly length?: number;
}

/** An Ethernet frame around an IP payload. The fields are kept to 16 bits: aggregates too large get 0 for IPv4. */
export function sampleFrame(ip: SampleIp, payload: Uint8Array): Uint8Array {
  const [source, destination] = ADDRESSES[ip.family];
  if (ip.family === "ipv6") {
    const length = ip.length ?? payload.length;
    const header = [0x60, 0, 0, 0, ...word(length), ip.protocol ?? 17, 64, ...source, ...destination];
    return Uint8Array.of(0x33, 0x33, 0, 0, 0x12, 0x34, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, ...header, ...payload);
  }
  const length = ip.length ?? 20 + payload.length;
  const header = [
    0x45,
    0,
    ...word(length),
    ...word(ip.id ?? 0),
    ...word(ip.fragOff ?? 0x4000),
    64,
    ip.protocol ?? 17,
    0,
    0,
  ];
  header.push(...source, ...destination);
  header.splice(10, 2, ...word(~sampleSum(header)));
  return Uint8Array.of(1, 0, 0x5e, 1, 2, 3, 2, 0, 0, 0, 0, 1, 8, 0, ...header, ...payload);
}

/** The IPv6 fragment header, next header UDP. `offset` in bytes. */
export const sampleFragmentHeader = (offset: number, more: boolean, id: number): Uint8Array =>
  Uint8Array.of(17, 0, ...word(offset | (more ? 1 : 0)), ...word(id >>> 16), ...word(id));

/** Payload bytes that depend on their position, so that any mix-up shows. */
export const samplePayload = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (7 * i + 13 * (i >> 8) + 31 * seed + 1) & 0xff);

export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
