/** What is fuzzed, in the order in which it is listed. */
import type { Property } from "../src/runner/property.js";
import { cloneIndependence } from "./flood/cloneIndependence.js";
import { cloneIsolation } from "./flood/cloneIsolation.js";
import { interruptedIsolation } from "./flood/interruptedIsolation.js";
import { failedAllocations } from "./memory/failedAllocations.js";
import { interruptedDelivery } from "./receive/interruptedDelivery.js";
import { multicastDelivery } from "./receive/multicastDelivery.js";
import { tapArrival } from "./receive/tapArrival.js";
import { datagrams } from "./segment/datagrams.js";
import { fraglist } from "./segment/fraglist.js";
import { fragments } from "./segment/fragments.js";
import { offload } from "./segment/offload.js";
import { partial } from "./segment/partial.js";

export const properties: readonly Property[] = [
  cloneIsolation,
  interruptedIsolation,
  cloneIndependence,
  fraglist,
  datagrams,
  fragments,
  partial,
  offload,
  multicastDelivery,
  interruptedDelivery,
  tapArrival,
  failedAllocations,
];
