/**
 * A frame read slowly, header by header, for unit tests: where everything stands, whether lengths agree with what is
 * there, and what its checksums are. Shares no code with what builds frames, and knows nothing of the recipe.
 */

/** `ok`: fits the bytes; `pseudo`: the sum of the pseudo header alone; `zero`: none; `other`: none of these. */
export type SumState = "ok" | "pseudo" | "zero" | "other";

export interface ReadHeader {
  /** `eth`, `vlan`, `ipv4`, `ipv6`, `hop-by-hop`, `jumbo`, `ext`, `udp`, `tcp`, `sctp`, `gre`, `vxlan`, `mpls`, `nsh`. */
  readonly name: string;
  readonly at: number;
  /** Of UDP, TCP and GRE. */
  readonly sum?: SumState;
}

export interface ReadFrame {
  readonly headers: readonly ReadHeader[];
  /** Lengths and checksums that disagree with the bytes. */
  readonly wrong: readonly string[];
  /** Where the payload of the innermost transport header begins. */
  readonly payloadAt: number;
}

/** The names of the headers in order. */
export const namesIn = ({ headers }: ReadFrame): string => headers.map(({ name }) => name).join(" ");

export function lastOf({ headers }: ReadFrame, name: string): ReadHeader {
  const found = headers.findLast((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name} header in ${headers.map((one) => one.name).join(" ")}`);
  return found;
}

export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] as number) * 256 + (bytes[at + 1] as number);
export const u32 = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 65_536 + u16(bytes, at + 2);

/** The ones-complement sum of bytes, folded, not complemented. */
function sumOf(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += (part[i] as number) * 256 + (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum % 65_536) + Math.floor(sum / 65_536);
  return sum;
}

const number32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

const EXTENSIONS = new Set([0, 43, 60]);

class Reader {
  readonly headers: ReadHeader[] = [];
  readonly wrong: string[] = [];
  payloadAt = -1;
  private addresses = new Uint8Array(0);

  constructor(private readonly bytes: Uint8Array) {}

  private add(name: string, at: number, sum?: SumState): void {
    this.headers.push(sum === undefined ? { name, at } : { name, at, sum });
  }

  private expect(what: string, at: number, found: number, wanted: number): void {
    if (found !== wanted) this.wrong.push(`${what} at ${at}: ${found} instead of ${wanted}`);
  }

  ethernet(at: number): void {
    this.add("eth", at);
    let type = u16(this.bytes, at + 12);
    let end = at + 14;
    while (type === 0x8100 || type === 0x88a8) {
      this.add("vlan", end);
      type = u16(this.bytes, end + 2);
      end += 4;
    }
    this.network(type, end);
  }

  private network(type: number, at: number): void {
    if (type === 0x0800) this.ipv4(at);
    else if (type === 0x86dd) this.ipv6(at);
    else if (type === 0x8847) this.mpls(at);
    else if (type === 0x894f) this.nsh(at);
    else if (type === 0x6558) this.ethernet(at);
    else throw new Error(`EtherType ${type.toString(16)} at ${at}`);
  }

  private mpls(at: number): void {
    this.add("mpls", at);
    if (((this.bytes[at + 2] as number) & 1) === 0) this.mpls(at + 4);
    else
      this.network(
        (this.bytes[at + 4] as number) >>> 4 === 6
          ? 0x86dd
          : (this.bytes[at + 4] as number) >>> 4 === 4
            ? 0x0800
            : 0x894f,
        at + 4,
      );
  }

  private nsh(at: number): void {
    this.add("nsh", at);
    this.expect("NSH length", at, u16(this.bytes, at) & 0x3f, 2);
    this.expect("NSH next protocol", at, this.bytes[at + 3] as number, 3);
    this.ethernet(at + 8);
  }

  private ipv4(at: number): void {
    const { bytes } = this;
    this.add("ipv4", at);
    const hlen = ((bytes[at] as number) & 15) * 4;
    const rest = bytes.length - at;
    const isBig = rest > 65_535 && bytes[at + 9] === 6;
    this.expect("IPv4 total length", at, u16(bytes, at + 2), isBig ? 0 : rest % 65_536);
    this.expect("IPv4 header sum", at, sumOf(bytes.subarray(at, at + hlen)), 0xffff);
    this.addresses = bytes.slice(at + 12, at + 20);
    this.transport(bytes[at + 9] as number, at + hlen);
  }

  private ipv6(at: number): void {
    const { bytes } = this;
    this.add("ipv6", at);
    const rest = bytes.length - at - 40;
    let next = bytes[at + 6] as number;
    let end = at + 40;
    const isJumbo = next === 0 && bytes[end + 2] === 0xc2;
    this.expect("IPv6 payload length", at, u16(bytes, at + 4), isJumbo ? 0 : rest % 65_536);
    if (isJumbo) this.expect("jumbo length", end, u32(bytes, end + 4), rest);
    this.addresses = bytes.slice(at + 8, at + 40);
    while (EXTENSIONS.has(next)) {
      this.add(isJumbo ? "jumbo" : "ext", end);
      next = bytes[end] as number;
      end += ((bytes[end + 1] as number) + 1) * 8;
    }
    this.transport(next, end);
  }

  private transport(proto: number, at: number): void {
    switch (proto) {
      case 4:
        this.ipv4(at);
        break;
      case 41:
        this.ipv6(at);
        break;
      case 17:
        this.udp(at);
        break;
      case 6:
        this.add("tcp", at, this.sumState(at, 16, 6));
        this.payloadAt = at + ((this.bytes[at + 12] as number) >>> 4) * 4;
        break;
      case 132:
        this.add("sctp", at);
        this.payloadAt = at + 12;
        break;
      case 47:
        this.gre(at);
        break;
      default:
        throw new Error(`IP protocol ${proto} at ${at}`);
    }
  }

  private udp(at: number): void {
    const { bytes } = this;
    this.add("udp", at, this.sumState(at, 6, 17));
    this.expect("UDP length", at, u16(bytes, at + 4), (bytes.length - at) % 65_536);
    this.payloadAt = at + 8;
    if (u16(bytes, at + 2) !== 4789) return;
    this.add("vxlan", at + 8);
    this.ethernet(at + 16);
  }

  private gre(at: number): void {
    const { bytes } = this;
    const hasSum = ((bytes[at] as number) & 0x80) !== 0;
    const field = hasSum ? u16(bytes, at + 4) : 0;
    const whole = sumOf(bytes.subarray(at));
    this.add("gre", at, !hasSum || field === 0 ? "zero" : whole === 0xffff ? "ok" : "other");
    this.network(u16(bytes, at + 2), at + (hasSum ? 8 : 4));
  }

  private sumState(at: number, offset: number, proto: number): SumState {
    const field = u16(this.bytes, at + offset);
    if (field === 0 && proto === 17) return "zero";
    const rest = this.bytes.subarray(at);
    const pseudo = sumOf(this.addresses, number32(rest.length), number32(proto));
    if (sumOf(this.addresses, number32(rest.length), number32(proto), rest) === 0xffff) return "ok";
    return field === pseudo ? "pseudo" : "other";
  }
}

/** Reads a frame from its link header on. Throws for anything that no recipe builds. */
export function readFrame(bytes: Uint8Array): ReadFrame {
  const reader = new Reader(bytes);
  reader.ethernet(0);
  return { headers: reader.headers, wrong: reader.wrong, payloadAt: reader.payloadAt };
}
