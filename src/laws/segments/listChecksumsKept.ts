import { gsoLayerIndex } from "../gsoLayer.js";
import { historyOf } from "../history.js";
import { law } from "../law.js";
import { isRewritten } from "../operations.js";
import { parsedLayers } from "../parsedFrame.js";
import { checksumGround } from "./checksumGround.js";
import { checkCalls, layerOf, placeOf } from "./cutCall.js";

/** Only a rewritten address or port may change a sum there. */
export const listChecksumsKept = law({
  name: "list-checksums-kept",
  law: "The list path leaves the checksum field of every datagram as it arrived.",
  standsFor: ["SEG-16", "I12"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (!cut.call.listPath || isRewritten(run, cut.call.holder)) return;
      for (const segment of cut.segments) {
        const original = historyOf(run).originals[segment.index];
        const expected = original && checkIn(original, cut.call.input.shinfo.gsoType);
        const layer = segment.bytes && layerOf(cut, segment.bytes);
        const received = layer?.udp?.check ?? layer?.tcp?.check;
        if (expected === undefined || received === undefined || checksumGround(run, cut, segment) === "unknown")
          continue;
        findings.applies();
        if (expected === received) continue;
        const place = `${segment.index === 0 ? "head" : "member"}${cut.kind}`;
        findings.broken({ place, expected: `${expected}`, received: `${received}`, at: placeOf(cut, segment) });
      }
    }),
});

function checkIn(frame: Uint8Array, gsoType: number): number | undefined {
  const layers = parsedLayers(frame);
  const layer = layers[gsoLayerIndex(layers, gsoType)];
  return layer?.udp?.check ?? layer?.tcp?.check;
}
