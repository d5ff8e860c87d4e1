/** Names for the parts of a packet, so that a place in a signature says what was hit without a number. */
import { firstDifference } from "../../bytes/diff.js";
import type { SkbView } from "../../recipe/Run.js";
import { UDP_HLEN } from "../../wire/udp.js";

/**
 * The part of the packet that lies `offset` bytes behind the view's data, told by the view's own header offsets: the
 * headers as one, for whoever writes where he may not rarely writes one field alone.
 */
export function areaOf(view: SkbView, offset: number): "headers" | "payload" {
  return view.data + offset < view.transportHeader + UDP_HLEN ? "headers" : "payload";
}

/** The part in which two readings of a packet first differ; `length` when one only ends earlier. They do differ. */
export function areaOfDifference(view: SkbView, expected: Uint8Array, received: Uint8Array): string {
  const at = firstDifference(expected, received);
  const endsEarlier = at >= Math.min(expected.length, received.length);
  return endsEarlier ? "length" : areaOf(view, at);
}

/** The packet from its MAC header on, wherever its data stands; undefined when it cannot be read whole. */
export function frameOf(view: SkbView): Uint8Array | undefined {
  if (view.bytes === undefined) return undefined;
  const pulled = view.data - view.macHeader;
  if (pulled <= 0 || pulled > view.linear.length) return view.bytes;
  const frame = new Uint8Array(pulled + view.bytes.length);
  frame.set(view.linear.subarray(0, pulled));
  frame.set(view.bytes, pulled);
  return frame;
}
