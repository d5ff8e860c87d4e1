/**
 * Frames for hand-made runs: Ethernet, IPv4 or IPv6, UDP.
 *
 * Written out byte by byte and not with src/wire, so that a law and the run it is tested on do not share a mistake.
 */

export type SampleFamily = "ipv4" | "ipv6";
/** What stands in the UDP checksum field: the full sum, the folded pseudo-header sum of a PARTIAL packet, or 0. */
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

function pseudoHeader(family: SampleFamily, udpLength: number): number[] {
  const [source, destination] = ADDRESSES[family];
  return [...source, ...destination, ...word(udpLength >>> 16), ...word(udpLength), 0, 17];
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

export interface SampleIp {
  readonly family: SampleFamily;
  /** IPv4 identification. */
  readonly id?: number;
  /** IPv4 flags and fragment offset as one word. */
  readonly fragOff?: number;
  /** IPv6 next header, 17 unless given. */
  readonly nextHeader?: number;
  /** IPv4 total length, or IPv6 payload length, where it is not the true one. */
  readonly length?: number;
}

/** An Ethernet frame around an IP payload. The fields are kept to 16 bits: aggregates too large get 0 for IPv4. */
export function sampleFrame(ip: SampleIp, payload: Uint8Array): Uint8Array {
  const [source, destination] = ADDRESSES[ip.family];
  if (ip.family === "ipv6") {
    const length = ip.length ?? payload.length;
    const header = [0x60, 0, 0, 0, ...word(length), ip.nextHeader ?? 17, 64, ...source, ...destination];
    return Uint8Array.of(0x33, 0x33, 0, 0, 0x12, 0x34, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, ...header, ...payload);
  }
  const length = ip.length ?? 20 + payload.length;
  const header = [0x45, 0, ...word(length), ...word(ip.id ?? 0), ...word(ip.fragOff ?? 0x4000), 64, 17, 0, 0];
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
