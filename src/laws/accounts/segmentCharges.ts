/** A sender's charge that is spread over segments, so that its buffer frees up as they leave: the same for UDP and TCP. */
import type { Run, SegmentationCall } from "../../recipe/Run.js";
import { Findings, type Verdict } from "../law.js";

/** Judges the calls of the generic path that cut a packet of one of these types with this destructor. */
export function judgeCharges(run: Run, destructor: string, gsoTypes: number): Verdict {
  const findings = new Findings(run);
  for (const [index, call] of run.calls.entries()) {
    const { result, listPath, input } = call;
    if (result !== "list" || listPath || input.destructor !== destructor) continue;
    if ((input.shinfo.gsoType & gsoTypes) === 0) continue;
    findings.applies();
    for (const difference of judge(call, destructor)) {
      findings.broken({ ...difference, at: { holder: call.holder, call: index } });
    }
  }
  return findings.verdict();
}

function judge(call: SegmentationCall, destructor: string): { place: string; expected: string; received: string }[] {
  const { input, segments, after, wmemBefore, wmemAfter, interrupted } = call;
  const broken: { place: string; expected: string; received: string }[] = [];
  const free = segments.find((segment) => segment.sk !== input.sk || segment.destructor !== destructor);
  if (free !== undefined) {
    const received = `${free.sk || "no socket"}, ${free.destructor || "no destructor"}`;
    broken.push({ place: "segment sk", expected: `${input.sk}, ${destructor}`, received });
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
