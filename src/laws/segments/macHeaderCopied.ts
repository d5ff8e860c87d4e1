import { equalBytes } from "../../bytes/diff.js";
import { describeDifference } from "../../bytes/hexdump.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** On the list path each member still has the link header it arrived with; the aggregate's replaces it. */
export const macHeaderCopied = law({
  name: "mac-header-copied",
  law: "Every segment carries the link header of the input.",
  standsFor: ["SEG-11", "I3"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const [outermost] = cut.layers;
      if (outermost === undefined) return;
      const { input } = cut.call;
      const expected = cut.template.subarray(0, outermost.macLen);
      for (const segment of cut.segments) {
        if (segment.bytes === undefined) continue;
        findings.applies();
        const at = placeOf(cut, segment);
        const header = segment.bytes.subarray(0, expected.length);
        if (!equalBytes(expected, header)) {
          const received = describeDifference(expected, header);
          findings.broken({
            place: `${cut.path}: bytes`,
            expected: `${expected.length} bytes as in the input`,
            received,
            at,
          });
        }
        const { protocol } = segment.view;
        if (protocol !== input.protocol) {
          const [due, found] = [input.protocol, protocol].map((type) => `0x${type.toString(16)}`);
          findings.broken({ place: `${cut.path}: protocol`, expected: due ?? "", received: found ?? "", at });
        }
      }
    }),
});
