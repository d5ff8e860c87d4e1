/** skb_segment makes progress: each round emits one segment. */

import { GSO_BY_FRAGS, SKB_GSO_UDP } from "../../abi/features.js";
import type { Run, SegmentationCall } from "../../recipe/Run.js";
import { udpOffsetOf } from "../errors/payloadOf.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";

const UDP_HEADER = 8;

export const boundedIterations = law({
  name: "bounded-iterations",
  law: "Segmentation takes no more rounds than the payload has pieces of gso_size.",
  standsFor: ["LIV-1", "LIV-2", "I6"],
  check(run) {
    const findings = new Findings();
    for (const [index, call] of run.calls.entries()) {
      const { iterations, holder, input } = call;
      if (iterations === 0 || input.shinfo.gsoSize === GSO_BY_FRAGS) continue;
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

/** Rounds are counted for the whole kernel: those of whoever ran in the middle of a call are among them. */
const roundsOfOthers = (run: Run, { holder }: SegmentationCall): number =>
  run.calls.reduce((sum, call) => sum + (call.holder === holder ? 0 : mostRounds(run, call)), 0);

/** None for a packet that is not GSO. UFO cuts the UDP header along with the payload. */
function mostRounds(run: Run, { input }: SegmentationCall): number {
  const { gsoSize, gsoType } = input.shinfo;
  if (gsoSize <= 0) return 0;
  const udpLen = input.len - udpOffsetOf(run, input);
  const cut = (gsoType & SKB_GSO_UDP) !== 0 ? udpLen : udpLen - UDP_HEADER;
  return Math.max(1, Math.ceil(cut / gsoSize));
}
