/** A tap reads its clone long after the others are done. */
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { SkbView } from "../../recipe/Run.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { areaOfDifference, frameOf } from "./area.js";

const SHOWN = 16;

export const keptCloneIntact = law({
  name: "kept-clone-intact",
  law: "The clone that a tap keeps reads at the end as it did when the tap got it.",
  standsFor: ["SIB-3", "I7"],
  check(run) {
    const findings = new Findings();
    for (const { index, entered, kept } of run.holders) {
      const expected = entered && frameOf(entered);
      if (entered === undefined || expected === undefined || kept === undefined) continue;
      findings.applies();
      const received = frameOf(kept);
      const at = { holder: index, skb: kept.serial };
      if (received === undefined) {
        const claims = `${kept.len} bytes claimed, which cannot all be read`;
        findings.broken({ place: "unreadable", expected: hex(expected, SHOWN), received: claims, at });
      } else if (!equalBytes(expected, received)) {
        findings.broken({
          place: `${areaOfDifference(atMac(entered), expected, received)} (${gsoKind(run)})`,
          expected: hex(expected, SHOWN),
          received: describeDifference(expected, received),
          at,
        });
      }
    }
    return findings.verdict();
  },
});

/** The view as if nothing had been pulled, for offsets that count from the MAC header. */
const atMac = (view: SkbView): SkbView => ({ ...view, data: Math.min(view.data, view.macHeader) });
