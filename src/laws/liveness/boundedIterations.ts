/** skb_segment makes progress: each round emits one segment. */

import { GSO_BY_FRAGS, SKB_GSO_SCTP, SKB_GSO_UDP } from "../../abi/features.js";
import type { Run, SegmentationCall, SkbView } from "../../recipe/Run.js";
import { payloadOffsetOf, transportOffsetOf } from "../errors/payloadOf.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";

export const boundedIterations = law({
  name: "bounded-iterations",
  law: "Segmentation takes no more rounds than the payload has pieces of gso_size.",
  standsFor: ["LIV-1", "LIV-2", "I6"],
  check(run) {
    const findings = new Findings();
    for (const [index, call] of run.calls.entries()) {
      const { iterations, holder, input } = call;
      if (iterations === 0 || !hasUnits(run, input)) continue;
      findings.applies();
      const most = mostRounds(run, call) + (call.interrupted ? roundsOfOthers(run, call) : 0);
      if (iterations <= most) continue;
      const at = { holder, call: index };
      findings.broken({
        place: `skb_segment (${gsoKind(run)})`,
        expected: `at most ${most} rounds`,
        received: String(iterations),
        at,
      });
    }
    return findings.verdict();
  },
});

/** Only SCTP has GSO_BY_FRAGS by right, and only while nothing was pulled out of a member. */
function hasUnits(run: Run, input: SkbView): boolean {
  const { gsoSize, gsoType, members } = input.shinfo;
  if (gsoSize !== GSO_BY_FRAGS) return true;
  const listed = members.reduce((sum, member) => sum + member.len, 0);
  return (gsoType & SKB_GSO_SCTP) !== 0 && input.len - listed === payloadOffsetOf(run, input);
}

/** Rounds are counted for the whole kernel: those of whoever ran in the middle of a call are among them. */
const roundsOfOthers = (run: Run, { holder }: SegmentationCall): number =>
  run.calls.reduce((sum, call) => sum + (call.holder === holder ? 0 : mostRounds(run, call)), 0);

/** None for a packet that is not GSO. UFO cuts the UDP header along with the payload, GSO_BY_FRAGS takes a member a round. */
function mostRounds(run: Run, { input }: SegmentationCall): number {
  const { gsoSize, gsoType, members } = input.shinfo;
  if (gsoSize <= 0) return 0;
  if (gsoSize === GSO_BY_FRAGS) return Math.max(1, members.length);
  const isUfo = (gsoType & SKB_GSO_UDP) !== 0;
  const cut = input.len - (isUfo ? transportOffsetOf(run, input) : payloadOffsetOf(run, input));
  return Math.max(1, Math.ceil(cut / gsoSize));
}
