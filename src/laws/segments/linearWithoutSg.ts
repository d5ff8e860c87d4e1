import { NETIF_F_SG } from "../../abi/features.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** A device without scatter-gather reads the linear part and nothing else. */
export const linearWithoutSg = law({
  name: "linear-without-sg",
  law: "For a device without scatter-gather every segment is linear.",
  standsFor: ["SEG-10", "I14"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if ((cut.call.features & NETIF_F_SG) !== 0) return;
      for (const segment of cut.segments) {
        findings.applies();
        const { dataLen } = segment.view;
        if (dataLen === 0) continue;
        findings.broken({
          place: cut.path,
          expected: "no bytes outside",
          received: `${dataLen} bytes`,
          at: placeOf(cut, segment),
        });
      }
    }),
});
