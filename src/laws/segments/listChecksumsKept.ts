import { law } from "../law.js";
import { parsedFrame } from "../parsedFrame.js";
import { checksumGround } from "./checksumGround.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** Only a rewritten address or port may change a sum there. */
export const listChecksumsKept = law({
  name: "list-checksums-kept",
  law: "The list path leaves the checksum field of every datagram as it arrived.",
  standsFor: ["SEG-16", "I12"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (!cut.call.listPath || run.recipe.packet.rewritten !== "nothing") return;
      for (const segment of cut.segments) {
        const original = run.packet.originals[segment.index];
        const expected = original && parsedFrame(original)?.udp?.check;
        const received = segment.bytes && parsedFrame(segment.bytes)?.udp?.check;
        if (expected === undefined || received === undefined || checksumGround(run, cut, segment) === "unknown")
          continue;
        findings.applies();
        if (expected === received) continue;
        const place = segment.index === 0 ? "head" : "member";
        findings.broken({ place, expected: `${expected}`, received: `${received}`, at: placeOf(cut, segment) });
      }
    }),
});
