/** What a wiring put out against what was recorded. Every difference is one line. */
import { csumFold, csumPartial } from "../../../bytes/checksum.js";
import { firstDifference } from "../../../bytes/diff.js";
import { fromHex, hex } from "../../../bytes/hexdump.js";
import type { TapRead } from "../../../net/drivers/tun.js";
import type { RecordedFrame, RecordedVnet, VectorRecord } from "./record.js";

/** What a wiring showed. */
export interface Observed {
  /** Per write `ok`, or the errno. */
  readonly writes: readonly string[];
  /** Per tap what its reads gave; null for a frame that no header can express. */
  readonly frames: ReadonlyMap<string, readonly (TapRead | null)[]>;
  readonly sockets: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Per device the lengths of the buffers that were given to it to send. */
  readonly queued: ReadonlyMap<string, readonly number[]>;
}

/** `hdrLen` is left out: it is the length of the linear part, which depends on allocation. */
const COMPARED_FIELDS = [
  "flags",
  "gsoType",
  "gsoSize",
  "csumStart",
  "csumOffset",
  "outerThOffset",
  "innerNhOffset",
] as const satisfies readonly (keyof RecordedVnet)[];

/** From the id of an IPv4 header to the checksum that follows from it, and back to the header's start. */
const ID_TO_CHECK = 6;
const ID_IN_HEADER = 4;

export function compareWithRecord(record: VectorRecord, observed: Observed): string[] {
  const differences: string[] = [];
  record.in.forEach((_, i) => {
    const [wanted, got] = [record.write[i], observed.writes[i]];
    if (got !== wanted) differences.push(`write ${i}: expected ${wanted}, got ${got}`);
  });
  for (const [name, frames] of observed.frames) comparePort(name, record.out[name] ?? [], frames, differences);
  for (const name of Object.keys(record.out)) {
    if (!observed.frames.has(name)) differences.push(`port ${name}: there is none`);
  }
  for (const [name, wanted] of Object.entries(record.sockets ?? {})) {
    compareSocket(name, wanted, observed.sockets.get(name), differences);
  }
  for (const [name, wanted] of Object.entries(record.queued ?? {})) {
    const got = observed.queued.get(name) ?? [];
    if (wanted.join() !== got.join()) {
      differences.push(`queue of ${name}: expected lengths ${list(wanted)}, got ${list(got)}`);
    }
  }
  return differences;
}

const list = (lengths: readonly number[]): string => (lengths.length === 0 ? "none" : lengths.join(" "));

function comparePort(
  name: string,
  expected: readonly RecordedFrame[],
  got: readonly (TapRead | null)[],
  differences: string[],
): void {
  if (got.length !== expected.length) {
    differences.push(`port ${name}: expected ${expected.length} frames, got ${got.length}`);
  }
  let before: Compared | undefined;
  for (const [i, read] of got.entries()) {
    const recorded = expected[i];
    if (recorded === undefined) return;
    const where = `port ${name} frame ${i}`;
    if (read === null) {
      differences.push(`${where}: cannot be read from a tap`);
      before = undefined;
      continue;
    }
    compareVnet(where, recorded.vnet, read.vnet, differences);
    const frame = fromHex(recorded.frame);
    const varies = recorded.varies ?? [];
    compareBytes(where, frame, read.frame, varies, differences);
    const now = { expected: frame, got: read.frame, varies };
    compareChosen(where, before, now, differences);
    before = now;
  }
}

function compareVnet(where: string, expected: RecordedVnet, got: RecordedVnet, differences: string[]): void {
  for (const field of COMPARED_FIELDS) {
    const [wanted, is] = [expected[field] ?? 0, got[field] ?? 0];
    if (is !== wanted) differences.push(`${where}: vnet ${field}: expected ${wanted}, got ${is}`);
  }
}

type Ranges = readonly (readonly [number, number])[];

function compareBytes(
  where: string,
  expected: Uint8Array,
  received: Uint8Array,
  varies: Ranges,
  differences: string[],
): void {
  const got = received.slice();
  for (const [offset, length] of varies) {
    if (offset + length <= got.length) got.set(expected.subarray(offset, offset + length), offset);
  }
  const at = firstDifference(expected, got);
  if (at === -1) return;
  differences.push(
    `${where}: ${expected.length} bytes expected, ${got.length} got; at byte ${at} expected ` +
      `${hex(expected.subarray(at, at + 8))}, got ${hex(got.subarray(at, at + 8))}`,
  );
}

interface Compared {
  readonly expected: Uint8Array;
  readonly got: Uint8Array;
  readonly varies: Ranges;
}

/**
 * What holds of the bytes that the kernel chose at random. The first range is an identification: where the recorded one
 * went up by one from frame to frame, as in the segments of one super-frame, or stayed, as in the fragments of one
 * datagram, so must ours. A range behind it is the header checksum that follows from it.
 */
function compareChosen(where: string, before: Compared | undefined, now: Compared, differences: string[]): void {
  const [id, check] = now.varies;
  if (id === undefined || now.got.length !== now.expected.length) return;
  const [offset, length] = id;
  if (before !== undefined && before.varies[0]?.[0] === offset) {
    const step = stepOf(before.expected, now.expected, offset, length);
    const ours = stepOf(before.got, now.got, offset, length);
    if (step <= 1 && ours !== step)
      differences.push(`${where}: identification: expected a step of ${step}, got ${ours}`);
  }
  if (check !== undefined && check[0] === offset + ID_TO_CHECK) {
    const start = offset - ID_IN_HEADER;
    const sum = csumFold(csumPartial(now.got, start, ((now.got[start] ?? 0) & 0xf) * 4, 0));
    if (sum !== 0) differences.push(`${where}: the header checksum at byte ${check[0]} is wrong`);
  }
}

function stepOf(from: Uint8Array, to: Uint8Array, offset: number, length: number): number {
  const modulus = 2 ** (8 * length);
  return (number(to, offset, length) - number(from, offset, length) + modulus) % modulus;
}

function number(bytes: Uint8Array, offset: number, length: number): number {
  return bytes.subarray(offset, offset + length).reduce((value, byte) => value * 256 + byte, 0);
}

function compareSocket(
  name: string,
  expected: readonly string[],
  got: readonly Uint8Array[] | undefined,
  differences: string[],
): void {
  if (got === undefined) {
    differences.push(`socket ${name}: there is none`);
    return;
  }
  if (got.length !== expected.length) {
    differences.push(`socket ${name}: expected ${expected.length} datagrams, got ${got.length}`);
  }
  for (const [i, payload] of got.entries()) {
    const wanted = expected[i];
    if (wanted !== undefined) compareBytes(`socket ${name} datagram ${i}`, fromHex(wanted), payload, [], differences);
  }
}
