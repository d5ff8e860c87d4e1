import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import { foldedPseudoSum } from "../../wire/frame.js";
import { law } from "../law.js";
import { parsedFrame } from "../parsedFrame.js";
import { checksumGround, sameSum } from "./checksumGround.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** The device adds the payload to what it finds there. */
export const udpPseudoSumRight = law({
  name: "udp-pseudo-sum-right",
  law: "A segment whose checksum a device will complete holds the pseudo-header sum of its own length.",
  standsFor: ["SEG-16", "I4"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      for (const segment of cut.segments) {
        if (segment.view.ipSummed !== CHECKSUM_PARTIAL || segment.bytes === undefined) continue;
        const ground = checksumGround(run, cut, segment);
        const parsed = parsedFrame(segment.bytes);
        if (parsed?.udp === undefined || (ground !== "computed" && ground !== "pseudo")) continue;
        findings.applies();
        const expected = foldedPseudoSum(segment.bytes, parsed, parsed.udp.length);
        if (sameSum(expected, parsed.udp.check)) continue;
        const place = `${cut.path}: ${segment.index === 0 ? "first" : "later"}`;
        const [due, found] = [expected, parsed.udp.check].map((sum) => `0x${sum.toString(16).padStart(4, "0")}`);
        findings.broken({ place, expected: due ?? "", received: found ?? "", at: placeOf(cut, segment) });
      }
    }),
});
