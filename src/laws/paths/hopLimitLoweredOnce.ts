import { gsoKind } from "../gsoKind.js";
import { law } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { checkRouted, hopLimitIn } from "./routed.js";

/** Otherwise a loop of routers would keep a packet for ever. Every frame is a packet to those further on. */
export const hopLimitLoweredOnce = law({
  name: "hop-limit-lowered-once",
  law: "Every frame that a router sends has a hop limit one below that of the packet it got.",
  standsFor: ["I14", "I3"],
  check: (run) =>
    checkRouted(run, ({ holder, hopLimit, frames, findings }) => {
      for (const [frame, { bytes }] of frames.entries()) {
        const [layer] = parsedLayers(bytes);
        const received = layer && hopLimitIn(bytes, layer);
        if (received === undefined) continue;
        findings.applies();
        if (received === hopLimit - 1) continue;
        findings.broken({
          place: `${frame === 0 ? "first" : "later"} (${gsoKind(run, holder.index)})`,
          expected: `${hopLimit - 1}`,
          received: `${received}`,
          at: { holder: holder.index, frame },
        });
      }
    }),
});
