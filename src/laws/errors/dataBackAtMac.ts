/** Handlers pull headers on their way in; the dispatcher puts the data pointer back whatever they return. */
import { law } from "../law.js";
import { judgeFailures, unlessEqual } from "./failedCalls.js";

export const dataBackAtMac = law({
  name: "data-back-at-mac",
  law: "After a failed segmentation the data begins at the MAC header.",
  standsFor: ["ERR-4", "ERR-8"],
  check: (run) =>
    judgeFailures(
      run,
      () => true,
      (_, after) => unlessEqual("data", after.macHeader, after.data),
    ),
});
