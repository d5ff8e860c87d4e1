/** Which sequences of IPv4 identifications make one flow: releases differ. */

import type { NapiGroCb } from "./napiGroCb.js";

export const groFlushSeams = {
  /** Whether the identification of this header is not looked at. */
  ignoresId: (_outer: boolean, _df: boolean): boolean => false,

  /** Whether a flow whose second packet repeats the first one's identification has a fixed one. */
  mayHaveFixedId: (_df: boolean): boolean => true,

  /** Where the IP header of the layer that is being completed lies, from `data`. */
  completeNetworkOffset: (cb: NapiGroCb, encapsulated: boolean): number => cb.networkOffsets[encapsulated ? 1 : 0],
};
export type GroFlushSeams = typeof groFlushSeams;
