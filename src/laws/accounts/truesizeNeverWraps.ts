/** A truesize that fell below zero is a very large one, which no limit lets pass. */
import type { SegmentationCall, SkbView } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";

const INT_LIMIT = 2 ** 31;

export const truesizeNeverWraps = law({
  name: "truesize-never-wraps",
  law: "Segmentation never makes a truesize negative.",
  standsFor: ["ACC-7", "I9"],
  check(run) {
    const findings = new Findings(run);
    for (const [index, call] of run.calls.entries()) {
      if (!isSane(call.input) || !call.input.shinfo.members.every(isSane)) continue;
      for (const { what, view } of results(call)) {
        findings.applies();
        if (isSane(view)) continue;
        findings.broken({
          place: `${what} truesize`,
          expected: `below ${INT_LIMIT}`,
          received: String(view.truesize),
          at: { holder: call.holder, call: index, skb: view.serial },
        });
      }
    }
    return findings.verdict();
  },
});

const isSane = ({ truesize }: SkbView): boolean => truesize >= 0 && truesize < INT_LIMIT;

const results = ({ segments, after }: SegmentationCall): { what: string; view: SkbView }[] => [
  ...segments.map((view) => ({ what: "segment", view })),
  ...(after === undefined ? [] : [{ what: "packet", view: after }]),
];
