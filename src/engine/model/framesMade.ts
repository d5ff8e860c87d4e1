/** Which of the frames that arrived a packet was made of, told from its bytes alone. */
import { getU32 } from "../../bytes/view.js";
import { HOP_JUMBO_HLEN } from "../../wire/ipv6Ext.js";
import type { Arriving } from "./groArrival.js";

/**
 * For each packet, the indices of its frames in order of payload; no frame is counted twice. A packet that equals a frame
 * is that frame; of several that are alike, one that is part of no other packet. In any other packet the payloads are
 * looked for: their bytes depend on their position, and flows have source ports of their own, so that hardly two frames
 * can stand for each other. A frame without payload that was merged leaves no trace.
 */
export function framesMade(
  packets: readonly Uint8Array[],
  frames: readonly Arriving[],
  payload: Uint8Array,
): number[][] {
  const left = new Set(frames.keys());
  const alike = packets.map((packet) =>
    [...left].filter((i) => Buffer.compare(packet, (frames[i] as Arriving).bytes) === 0),
  );
  const made: number[][] = packets.map(() => []);
  const settle = (n: number, its: readonly number[]): void => {
    made[n] = its.filter((i) => left.has(i));
    for (const i of its) left.delete(i);
  };
  for (const [n, equal] of alike.entries()) if (equal.length === 1) settle(n, equal);
  for (const [n, packet] of packets.entries()) {
    if (alike[n]?.length === 0) settle(n, piecesIn(packet, frames, left, payload));
  }
  for (const [n, equal] of alike.entries()) {
    if (equal.length > 1) settle(n, equal.filter((i) => left.has(i)).slice(0, 1));
  }
  return made;
}

function piecesIn(
  packet: Uint8Array,
  frames: readonly Arriving[],
  left: ReadonlySet<number>,
  payload: Uint8Array,
): number[] {
  const made: number[] = [];
  let first: Arriving | undefined;
  let at = 0;
  for (const i of left) {
    const frame = frames[i] as Arriving;
    if (frame.payload === 0) continue;
    if (first === undefined) {
      const start = beginningOf(packet, frame, payload);
      if (start === undefined) continue;
      first = frame;
      at = start;
    } else if (frame.flow !== first.flow || !holds(packet, at, frame, payload)) {
      continue;
    }
    made.push(i);
    at += frame.payload;
  }
  return made;
}

/** Where the payload of a packet begins whose first frame this is. An IPv6 aggregate may have got a jumbo header. */
function beginningOf(packet: Uint8Array, frame: Arriving, payload: Uint8Array): number | undefined {
  for (const inserted of [0, HOP_JUMBO_HLEN]) {
    const start = frame.payloadAt + inserted;
    const ports = frame.transport + inserted;
    if (start > packet.length || getU32(packet, ports) !== getU32(frame.bytes, frame.transport)) continue;
    if (holds(packet, start, frame, payload)) return start;
  }
  return undefined;
}

function holds(packet: Uint8Array, at: number, { at: from, payload: n }: Arriving, payload: Uint8Array): boolean {
  if (at + n > packet.length) return false;
  return Buffer.compare(packet.subarray(at, at + n), payload.subarray(from, from + n)) === 0;
}
