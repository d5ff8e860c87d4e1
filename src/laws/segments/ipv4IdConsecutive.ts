import { SKB_GSO_TCP_FIXEDID } from "../../abi/features.js";
import { getU16 } from "../../bytes/view.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { IPV4_ID } from "../../wire/ipv4.js";
import { type Findings, law } from "../law.js";
import { type CutCall, checkCalls, intoPackets, placeOf } from "./cutCall.js";

/**
 * A partial segment uses up one identification for each unit that the device will make of it. Fragments share theirs. A
 * tunnel numbers its packets as the packet inside would. SKB_GSO_TCP_FIXEDID asks for one number for all.
 */
export const ipv4IdConsecutive = law({
  name: "ipv4-id-consecutive",
  law: "The IPv4 identifications of datagrams count up from the input's.",
  standsFor: ["SEG-12", "I3"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (!intoPackets(cut)) return;
      const isFixed = (cut.call.input.shinfo.gsoType & SKB_GSO_TCP_FIXEDID) !== 0;
      for (const layer of cut.layers) {
        // What a fixed identification means around a tunnel differs from layer to layer.
        if (layer.version === 4 && !(isFixed && cut.layers.length > 1))
          checkLayer(cut, layer, isFixed ? 0 : 1, findings);
      }
    }),
});

function checkLayer(cut: CutCall, layer: FrameLayer, step: 0 | 1, findings: Findings): void {
  let expected = layer.ipId;
  for (const segment of cut.segments) {
    if (segment.bytes !== undefined && segment.bytes.length >= cut.headerLen) {
      findings.applies();
      const received = getU16(segment.bytes, layer.l3Offset + IPV4_ID);
      if (received !== expected) {
        findings.broken({
          place: layer === cut.headers ? cut.path : `${cut.path}, outer`,
          expected: `${expected}`,
          received: `${received}`,
          at: placeOf(cut, segment),
        });
      }
    }
    const { gsoSize, gsoSegs } = segment.view.shinfo;
    expected = (expected + step * (cut.partial && gsoSize !== 0 ? gsoSegs : 1)) & 0xffff;
  }
}
