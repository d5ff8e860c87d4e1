import { firstDifference } from "../../bytes/diff.js";
import { hex } from "../../bytes/hexdump.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { IPV4_CHECK, IPV4_FRAG_OFF, IPV4_ID, IPV4_TOT_LEN } from "../../wire/ipv4.js";
import { IPV6_PAYLOAD_LEN } from "../../wire/ipv6.js";
import { UDP_CHECK, UDP_LEN } from "../../wire/udp.js";
import { law } from "../law.js";
import { type CutCall, checkCalls, placeOf } from "./cutCall.js";

const SHOWN = 128;

/** From the outermost network header to the inner one: tunnel headers, labels, the inner link header. */
export const outerHeadersAlike = law({
  name: "outer-headers-alike",
  law: "What is in front of a segment's inner packet is the input's but for lengths, identifications, checksums.",
  standsFor: ["SEG-23", "I3"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const [outermost] = cut.layers;
      if (outermost === undefined || cut.headers === undefined || cut.layers.length < 2) return;
      const [from, to] = [outermost.l3Offset, cut.headers.l3Offset];
      const expected = masked(cut.template, cut).subarray(from, to);
      for (const segment of cut.segments) {
        if (segment.bytes === undefined || segment.bytes.length < cut.headerLen) continue;
        findings.applies();
        const received = masked(segment.bytes.subarray(0, to), cut).subarray(from, to);
        const offset = firstDifference(expected, received);
        if (offset === -1) continue;
        findings.broken({
          place: `${cut.path}: ${partAt(cut, from + offset)}`,
          expected: hex(expected, SHOWN),
          received: hex(received, SHOWN),
          at: { ...placeOf(cut, segment), offset },
        });
      }
    }),
});

/** A copy without the fields that other laws are about. */
function masked(bytes: Uint8Array, { layers, into }: CutCall): Uint8Array {
  const copy = bytes.slice();
  for (const layer of layers.slice(0, -1)) for (const at of changingFields(layer)) copy.fill(0, at, at + 2);
  // ipv4-rest-unchanged tells of a tunnel's header that was taken for a fragment's.
  if (into === "fragments") {
    for (const { version, l3Offset } of layers) {
      if (version === 4) copy.fill(0, l3Offset + IPV4_FRAG_OFF, l3Offset + IPV4_FRAG_OFF + 2);
    }
  }
  return copy;
}

function changingFields({ version, l3Offset, l4Offset, udp, carries }: FrameLayer): number[] {
  const fields: number[] = [];
  if (version === 4) fields.push(...[IPV4_TOT_LEN, IPV4_ID, IPV4_CHECK].map((field) => l3Offset + field));
  if (version === 6) fields.push(l3Offset + IPV6_PAYLOAD_LEN);
  if (udp !== undefined) fields.push(l4Offset + UDP_LEN, l4Offset + UDP_CHECK);
  if (carries?.checksumOffset !== undefined) fields.push(carries.checksumOffset);
  return fields;
}

function partAt({ layers }: CutCall, offset: number): string {
  const layer = layers.find(({ carries }) => carries !== undefined && offset < carries.offset + carries.length);
  if (layer?.carries === undefined) return "inner link header";
  if (offset < layer.l3Offset) return "inner link header";
  return offset < layer.carries.offset ? "outer headers" : `${layer.carries.kind} header`;
}
