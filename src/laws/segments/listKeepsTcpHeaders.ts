import { firstDifference } from "../../bytes/diff.js";
import { hex } from "../../bytes/hexdump.js";
import { TCP_CHECK, TCP_HLEN, TCP_SEQ } from "../../wire/tcp.js";
import { gsoLayerIndex } from "../gsoLayer.js";
import { historyOf } from "../history.js";
import { law } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { checkCalls, isSecondPass, layerOf, placeOf } from "./cutCall.js";

const SHOWN = 60;

/** Ports and the sum over them may be rewritten; list-checksums-kept tells of sums that are not. */
export const listKeepsTcpHeaders = law({
  name: "list-keeps-tcp-headers",
  law: "The list path gives every TCP segment the header that it arrived with, ports or checksum aside.",
  standsFor: ["SEG-17", "SEG-7", "I12"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (!cut.call.listPath || cut.into !== "stream" || isSecondPass(run, cut)) return;
      for (const segment of cut.segments) {
        const original = historyOf(run).originals[segment.index];
        if (original === undefined || segment.bytes === undefined) continue;
        const layers = parsedLayers(original);
        const was = layers[gsoLayerIndex(layers, cut.call.input.shinfo.gsoType)];
        const is = layerOf(cut, segment.bytes);
        if (was?.tcp === undefined || is === undefined) continue;
        findings.applies();
        const expected = masked(original.subarray(was.l4Offset, was.payloadOffset));
        const received = masked(segment.bytes.subarray(is.l4Offset, is.payloadOffset));
        const offset = firstDifference(expected, received);
        if (offset === -1) continue;
        const what = offset >= TCP_HLEN ? "options" : offset < TCP_SEQ + 4 ? "sequence number" : "fields";
        findings.broken({
          place: `${segment.index === 0 ? "head" : "member"}: ${what}${cut.kind}`,
          expected: hex(expected, SHOWN),
          received: hex(received, SHOWN),
          at: { ...placeOf(cut, segment), offset },
        });
      }
    }),
});

const masked = (header: Uint8Array): Uint8Array =>
  header
    .slice()
    .fill(0, 0, TCP_SEQ)
    .fill(0, TCP_CHECK, TCP_CHECK + 2);
