/** Where the transport header lies in a packet that is being segmented. */

import type { Run, SkbView } from "../../recipe/Run.js";
import { gsoLayerOf } from "../gsoLayer.js";

const UDP_HEADER = 8;

/**
 * Bytes from the data pointer of a view, data at the MAC header, to the transport header that it is cut at. The headers
 * themselves tell, since a foreign transport_header may be wrong, and tags come and go. Where they cannot be read, the
 * packet as it was made does.
 */
export const transportOffsetOf = ({ packet }: Run, view: SkbView): number =>
  gsoLayerOf(view)?.l4Offset ?? packet.transportOffset;

/** The same to what is behind that header. */
export const payloadOffsetOf = ({ packet }: Run, view: SkbView): number =>
  gsoLayerOf(view)?.payloadOffset ?? packet.transportOffset + UDP_HEADER;

/** Everything behind the transport header; undefined when the packet cannot be read whole. */
export const payloadOf = (run: Run, view: SkbView): Uint8Array | undefined =>
  view.bytes?.subarray(payloadOffsetOf(run, view));
