/** TCP counts what is in flight by what is charged; a segment without an owner would let it send ever more. */
import { GSO_TCP } from "../gsoLayer.js";
import { law } from "../law.js";
import { judgeCharges } from "./segmentCharges.js";

export const tcpSegmentsCharged = law({
  name: "tcp-segments-charged",
  law: "When TCP GSO cuts a sender's packet, every segment is charged to the sender in the packet's place.",
  standsFor: ["ACC-4", "I9"],
  check: (run) => judgeCharges(run, "tcp_wfree", GSO_TCP),
});
