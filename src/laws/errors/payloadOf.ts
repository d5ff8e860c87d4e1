/** Where the UDP header lies in a packet that is being segmented. */
import type { Run, SkbView } from "../../recipe/Run.js";

const UDP_HEADER = 8;

/**
 * Bytes from the data pointer of a view, data at the MAC header, to its UDP header. Told by the packet as it was made,
 * since a foreign transport_header may be wrong; a tag that was pushed into the frame since then makes it longer.
 */
export function udpOffsetOf({ packet }: Run, view: SkbView): number {
  const pushed = view.networkHeader - view.data - packet.macLen;
  return packet.transportOffset + (pushed > 0 ? pushed : 0);
}

/** Everything behind the UDP header; undefined when the packet cannot be read whole. */
export const payloadOf = (run: Run, view: SkbView): Uint8Array | undefined =>
  view.bytes?.subarray(udpOffsetOf(run, view) + UDP_HEADER);
