/** The calls of __skb_gso_segment that returned an error, each with what it left behind. */

import { SKB_GSO_DODGY, SKB_GSO_FRAGLIST } from "../../abi/features.js";
import type { Run, SegmentationCall, SkbView } from "../../recipe/Run.js";
import { gsoKind, kindSuffix } from "../gsoKind.js";
import { Findings, type Verdict } from "../law.js";
import { payloadOffsetOf } from "./payloadOf.js";

export interface Difference {
  readonly place: string;
  readonly expected: string;
  readonly received: string;
}

/** Judges every failed call that has an afterwards; `judge` gives the differences from what should be. */
export function judgeFailures(
  run: Run,
  concerns: (call: SegmentationCall) => boolean,
  judge: (call: SegmentationCall, after: SkbView) => readonly Difference[],
): Verdict {
  const findings = new Findings();
  for (const [index, call] of run.calls.entries()) {
    if (call.result !== "error" || call.after === undefined || !concerns(call)) continue;
    findings.applies();
    for (const difference of judge(call, call.after)) {
      // Which of its fields a race hits is chance.
      const place = call.interrupted ? `${gsoKind(run)}, interrupted` : difference.place + kindSuffix(run);
      findings.broken({ ...difference, place, at: { holder: call.holder, call: index, errno: call.errno } });
    }
  }
  return findings.verdict();
}

/** The difference, if there is one, as a list. */
export const unlessEqual = (place: string, expected: unknown, received: unknown): Difference[] =>
  expected === received ? [] : [{ place, expected: String(expected), received: String(received) }];

/** The members of the frag_list by serial number, or NULL. */
export const fragList = (view: SkbView): string =>
  view.shinfo.members.map((member) => `skb#${member.serial}`).join(" ") || "NULL";

/**
 * Whether a failed call was one for the list path. It has no segments to tell by, so the packet does: a list without
 * DODGY whose head holds exactly the first datagram.
 */
export function isForListPath(run: Run, { listPath, input }: SegmentationCall): boolean {
  if (listPath) return true;
  const { gsoSize, gsoType, members } = input.shinfo;
  if ((gsoType & SKB_GSO_FRAGLIST) === 0 || (gsoType & SKB_GSO_DODGY) !== 0) return false;
  const listed = members.reduce((sum, member) => sum + member.len, 0);
  return input.len - listed - payloadOffsetOf(run, input) === gsoSize;
}
