import { getU16 } from "../../bytes/view.js";
import { ipv4HeaderChecksumOk } from "../../wire/frame.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { IPV4_TOT_LEN } from "../../wire/ipv4.js";
import { IPV6_HLEN, IPV6_PAYLOAD_LEN } from "../../wire/ipv6.js";
import { UDP_LEN } from "../../wire/udp.js";
import { law } from "../law.js";
import { checkAggregates, placeIn } from "./batch.js";

const MOST_IN_SIXTEEN_BITS = 0xffff;

/** What a network header cannot say is 0: only packets for a host or a device that knows get so long. */
export const mergedLengthsRight = law({
  name: "merged-lengths-right",
  law: "The length fields of a merged packet, on every layer, cover all of it.",
  standsFor: ["GRO-4", "I3"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      findings.applies();
      const { frame } = aggregate.delivery;
      for (const layer of aggregate.layers) {
        const where = layer === aggregate.layer ? "" : "outer ";
        for (const { field, expected, received } of lengthsOf(frame, layer)) {
          if (expected === received) continue;
          const place = `${where}${field}${aggregate.kind}`;
          findings.broken({ place, expected: `${expected}`, received: `${received}`, at: placeIn(aggregate) });
        }
        if (ipv4HeaderChecksumOk(frame, layer)) continue;
        findings.broken({
          place: `${where}IPv4 checksum${aggregate.kind}`,
          expected: "a valid one",
          received: "a wrong one",
          at: placeIn(aggregate),
        });
      }
    }),
});

function lengthsOf(frame: Uint8Array, layer: FrameLayer): { field: string; expected: number; received: number }[] {
  const { version, l3Offset, l4Offset, udp } = layer;
  const lengths: { field: string; expected: number; received: number }[] = [];
  const add = (field: string, at: number, covered: number): void => {
    const expected = covered > MOST_IN_SIXTEEN_BITS ? 0 : covered;
    lengths.push({ field, expected, received: getU16(frame, at) });
  };
  if (version === 4) add("IPv4 length", l3Offset + IPV4_TOT_LEN, frame.length - l3Offset);
  if (version === 6) add("IPv6 length", l3Offset + IPV6_PAYLOAD_LEN, frame.length - l3Offset - IPV6_HLEN);
  if (udp !== undefined) add("UDP length", l4Offset + UDP_LEN, frame.length - l4Offset);
  return lengths;
}
