/** What is fuzzed, in the order in which it is listed. */
import type { Property } from "../src/runner/property.js";
import { cloneIndependence } from "./flood/cloneIndependence.js";
import { cloneIsolation } from "./flood/cloneIsolation.js";
import { interruptedIsolation } from "./flood/interruptedIsolation.js";
import { batches } from "./gro/batches.js";
import { groFlood } from "./gro/flood.js";
import { roundTrip } from "./gro/roundTrip.js";
import { groTunnels } from "./gro/tunnels.js";
import { failedAllocations } from "./memory/failedAllocations.js";
import { encapsulation } from "./paths/encapsulation.js";
import { everything } from "./paths/everything.js";
import { forwarding } from "./paths/forwarding.js";
import { loopback } from "./paths/loopback.js";
import { translation } from "./paths/translation.js";
import { vethPair } from "./paths/vethPair.js";
import { interruptedDelivery } from "./receive/interruptedDelivery.js";
import { multicastDelivery } from "./receive/multicastDelivery.js";
import { tapArrival } from "./receive/tapArrival.js";
import { datagrams } from "./segment/datagrams.js";
import { equivalence } from "./segment/equivalence.js";
import { fraglist } from "./segment/fraglist.js";
import { fragments } from "./segment/fragments.js";
import { offload } from "./segment/offload.js";
import { partial } from "./segment/partial.js";
import { sctp } from "./segment/sctp.js";
import { tcp } from "./segment/tcp.js";
import { tcpFraglist } from "./segment/tcpFraglist.js";
import { tunnels } from "./segment/tunnels.js";

export const properties: readonly Property[] = [
  cloneIsolation,
  interruptedIsolation,
  cloneIndependence,
  fraglist,
  datagrams,
  fragments,
  tcp,
  tcpFraglist,
  sctp,
  tunnels,
  equivalence,
  partial,
  offload,
  batches,
  roundTrip,
  groTunnels,
  groFlood,
  forwarding,
  translation,
  encapsulation,
  vethPair,
  loopback,
  multicastDelivery,
  interruptedDelivery,
  tapArrival,
  failedAllocations,
  everything,
];
