import { gsoKind } from "../gsoKind.js";
import { law } from "../law.js";
import { checkRouted } from "./routed.js";

/** RFC 1812 section 5.3.1, RFC 8200 section 3: it would go on with 0. */
export const spentHopLimitStops = law({
  name: "spent-hop-limit-stops",
  law: "A packet with a hop limit of 1 or 0 is not forwarded.",
  standsFor: ["I14"],
  check: (run) =>
    checkRouted(run, ({ holder, hopLimit, frames, findings }) => {
      if (hopLimit > 1) return;
      findings.applies();
      if (frames.length === 0) return;
      const place = `forwarded (${gsoKind(run, holder.index)})`;
      const at = { holder: holder.index, hopLimit };
      findings.broken({ place, expected: "no frame", received: `${frames.length} frames`, at });
    }),
});
