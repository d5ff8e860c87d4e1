/** Where the UDP header lies in a packet that is being segmented. */

import type { Run, SkbView } from "../../recipe/Run.js";
import { parsedFrame } from "../parsedFrame.js";

const UDP_HEADER = 8;

/**
 * Bytes from the data pointer of a view, data at the MAC header, to its UDP header. The headers themselves tell, since a
 * foreign transport_header may be wrong, and tags come and go. Where they cannot be read, the packet as it was made does.
 */
export function udpOffsetOf({ packet }: Run, view: SkbView): number {
  const parsed = parsedFrame(view.bytes ?? view.linear);
  return parsed?.udp === undefined ? packet.transportOffset : parsed.l4Offset;
}

/** Everything behind the UDP header; undefined when the packet cannot be read whole. */
export const payloadOf = (run: Run, view: SkbView): Uint8Array | undefined =>
  view.bytes?.subarray(udpOffsetOf(run, view) + UDP_HEADER);
