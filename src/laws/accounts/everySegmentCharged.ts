import { SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { law } from "../law.js";
import { judgeCharges } from "./segmentCharges.js";

export const everySegmentCharged = law({
  name: "every-segment-charged",
  law: "When UDP GSO cuts a sender's packet, every segment is charged to the sender in the packet's place.",
  standsFor: ["ACC-3", "I9"],
  check: (run) => judgeCharges(run, "sock_wfree", SKB_GSO_UDP_L4),
});
