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
  gsoLayerOf(view)?.l4Offset ?? packet.transportOffset - inFront(packet, view);

/** The same to what is behind that header. */
export const payloadOffsetOf = ({ packet }: Run, view: SkbView): number =>
  gsoLayerOf(view)?.payloadOffset ?? packet.transportOffset + UDP_HEADER - inFront(packet, view);

/** A router cuts a packet before it has a link header again. @kernel ip_finish_output_gso net/ipv4/ip_output.c v6.12 */
const inFront = ({ macLen }: Run["packet"], { data, networkHeader }: SkbView): number =>
  data === networkHeader ? macLen : 0;

/** Everything behind the transport header; undefined when the packet cannot be read whole, or not as what it is said to be. */
export function payloadOf(view: SkbView): Uint8Array | undefined {
  const layer = gsoLayerOf(view);
  return layer && view.bytes?.subarray(layer.payloadOffset);
}
