/** UDP GSO spreads the sender's charge over the segments, so that the buffer frees up as they leave. */

import { SKB_GSO_UDP_L4 } from "../../abi/features.js";
import type { SegmentationCall } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";

export const everySegmentCharged = law({
  name: "every-segment-charged",
  law: "When UDP GSO cuts a sender's packet, every segment is charged to the sender in the packet's place.",
  standsFor: ["ACC-3", "I9"],
  check(run) {
    const findings = new Findings();
    for (const [index, call] of run.calls.entries()) {
      if (!concerns(call)) continue;
      findings.applies();
      for (const { place, expected, received } of judge(call)) {
        findings.broken({ place, expected, received, at: { holder: call.holder, call: index } });
      }
    }
    return findings.verdict();
  },
});

const concerns = ({ result, listPath, input }: SegmentationCall): boolean =>
  result === "list" && !listPath && input.destructor === "sock_wfree" && (input.shinfo.gsoType & SKB_GSO_UDP_L4) !== 0;

function judge(call: SegmentationCall): { place: string; expected: string; received: string }[] {
  const { input, segments, after, wmemBefore, wmemAfter, interrupted } = call;
  const broken: { place: string; expected: string; received: string }[] = [];
  const free = segments.find((segment) => segment.sk !== input.sk || segment.destructor !== "sock_wfree");
  if (free !== undefined) {
    const received = `${free.sk || "no socket"}, ${free.destructor || "no destructor"}`;
    broken.push({ place: "segment sk", expected: `${input.sk}, sock_wfree`, received });
  }
  if (after !== undefined && (after.sk !== "" || after.destructor !== "")) {
    broken.push({ place: "packet sk", expected: "no socket", received: `${after.sk}, ${after.destructor}` });
  }
  // Others may have freed what they were charged for in between.
  const due = segments.reduce((sum, segment) => sum + segment.truesize, wmemBefore - input.truesize);
  if (!interrupted && wmemAfter !== due) {
    broken.push({ place: "sk_wmem_alloc", expected: String(due), received: String(wmemAfter) });
  }
  return broken;
}
