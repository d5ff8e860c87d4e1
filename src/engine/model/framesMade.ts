/** Which of the frames that arrived a packet was made of, told from its bytes alone. */
import { getU16 } from "../../bytes/view.js";
import type { Arriving } from "./groArrival.js";

/**
 * For each packet, the indices of its frames in order of payload. Payload bytes depend on their position, and flows
 * have source ports of their own, so that hardly two frames can stand for each other; no frame is counted twice.
 */
export function framesMade(
  packets: readonly Uint8Array[],
  frames: readonly Arriving[],
  payload: Uint8Array,
): number[][] {
  const left = new Set(frames.keys());
  return packets.map((packet) => {
    const made: number[] = [];
    let at = -1;
    for (const i of left) {
      const frame = frames[i] as Arriving;
      if (at === -1) {
        if (!begins(packet, frame, payload)) continue;
        at = payloadOffset(packet, frame) + frame.payload;
      } else {
        const first = frames[made[0] as number] as Arriving;
        if (frame.flow !== first.flow || frame.payload === 0) continue;
        if (!holds(packet, at, frame, payload)) continue;
        at += frame.payload;
      }
      made.push(i);
    }
    for (const i of made) left.delete(i);
    return made;
  });
}

/** Headers are as long as the frame's, unless something was inserted or a tag taken out in front of them. */
function payloadOffset(packet: Uint8Array, frame: Arriving): number {
  const own = frame.bytes.length - frame.payload;
  return packet.length < own ? packet.length : own;
}

function begins(packet: Uint8Array, frame: Arriving, payload: Uint8Array): boolean {
  if (packet.length < frame.bytes.length) return false;
  if (getU16(packet, frame.transport) !== getU16(frame.bytes, frame.transport)) return false;
  return holds(packet, frame.bytes.length - frame.payload, frame, payload);
}

function holds(packet: Uint8Array, at: number, { at: from, payload: n }: Arriving, payload: Uint8Array): boolean {
  if (at + n > packet.length) return false;
  return Buffer.compare(packet.subarray(at, at + n), payload.subarray(from, from + n)) === 0;
}
