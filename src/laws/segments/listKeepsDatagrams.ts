import { equalBytes } from "../../bytes/diff.js";
import { describeDifference } from "../../bytes/hexdump.js";
import { gsoLayerOf } from "../gsoLayer.js";
import { historyOf } from "../history.js";
import { law } from "../law.js";
import { checkCalls, isSecondPass, placeOf } from "./cutCall.js";

/**
 * The list path hands out the packets that GRO collected. Where a holder has trimmed the packet there is nothing to
 * compare with; where it only moved bytes about, the boundaries must still be the old ones.
 */
export const listKeepsDatagrams = law({
  name: "list-keeps-datagrams",
  law: "The list path gives back the datagrams that were aggregated.",
  standsFor: ["SEG-7", "I12"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { frame, view } = run.packet;
      const { datagrams } = historyOf(run);
      if (!cut.call.listPath || cut.call.chain !== "ends" || view === undefined || isSecondPass(run, cut)) return;
      // What a holder put around the packet since is in the input and not in the frame.
      const layer = cut.layers.length === 1 ? cut.headers : gsoLayerOf({ ...view, bytes: frame });
      if (layer === undefined || cut.payload === undefined) return;
      if (!equalBytes(cut.payload, frame.subarray(layer.payloadOffset))) return;
      findings.applies();
      if (cut.segments.length !== datagrams.length) {
        const expected = `${datagrams.length} segments`;
        findings.broken({ place: `count${cut.kind}`, expected, received: `${cut.segments.length}`, at: placeOf(cut) });
      }
      for (const segment of cut.segments) {
        const datagram = datagrams[segment.index];
        if (datagram === undefined || segment.payload === undefined || equalBytes(datagram, segment.payload)) continue;
        findings.broken({
          place: `${segment.index === 0 ? "head" : "member"}${cut.kind}`,
          expected: `${datagram.length} bytes`,
          received: describeDifference(datagram, segment.payload),
          at: placeOf(cut, segment),
        });
      }
    }),
});
