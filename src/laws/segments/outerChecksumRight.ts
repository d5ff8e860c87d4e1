import { CHECKSUM_PARTIAL, SKB_GSO_TUNNEL_REMCSUM } from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import type { SkbView } from "../../recipe/Run.js";
import { foldedPseudoSum, udpChecksumState } from "../../wire/frame.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { completedFrame } from "../completedFrame.js";
import { law } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { isComputable, sameSum } from "./checksumGround.js";
import { type CutCall, checkCalls, placeOf } from "./cutCall.js";

/**
 * The outer sum is made before the device finishes the inner one, so that it has to foresee the result. Left out: what
 * came in with an outer sum of no kind, tunnels in tunnels, segments that are cut further.
 */
export const outerChecksumRight = law({
  name: "outer-checksum-right",
  law: "The checksum of a tunnel around a segment verifies, unless a device will complete it.",
  standsFor: ["SEG-23", "I4"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const [outer] = cut.layers;
      if (outer === undefined || cut.layers.length !== 2 || !isReady(cut, outer)) return;
      const name = outer.udp === undefined ? "GRE" : "UDP";
      for (const segment of cut.segments) {
        const { bytes, view } = segment;
        if (bytes === undefined || bytes.length < cut.headerLen || view.shinfo.gsoSize !== 0) continue;
        if (view.ipSummed === CHECKSUM_PARTIAL && startOf(view) < (outer.carries?.offset ?? 0) + 1) continue;
        findings.applies();
        if (verifies(completedFrame(bytes, view, cut.headers?.udp !== undefined), outer)) continue;
        findings.broken({
          place: `${cut.path}: ${name}`,
          expected: "a sum that verifies",
          received: "a wrong one",
          at: placeOf(cut, segment),
        });
      }
    }),
});

const startOf = ({ csumStart, macHeader }: SkbView): number => csumStart - macHeader;

/** Whether the tunnel asks for a sum, and everything that it is made of was right when the packet came. */
function isReady(cut: CutCall, outer: FrameLayer): boolean {
  const { call, template } = cut;
  if ((call.input.shinfo.gsoType & SKB_GSO_TUNNEL_REMCSUM) !== 0) return false;
  if (cut.into !== "stream" && cut.into !== "datagrams") return false;
  if (!call.listPath && !isComputable(cut)) return false;
  if (outer.udp === undefined) return outer.carries?.checksumOffset !== undefined;
  return (
    outer.udp.check !== 0 &&
    sameSum(outer.udp.check, foldedPseudoSum(template, outer, template.length - outer.l4Offset))
  );
}

function verifies(bytes: Uint8Array, outer: FrameLayer): boolean {
  const [layer] = parsedLayers(bytes);
  if (layer === undefined) return false;
  if (layer.udp !== undefined) return udpChecksumState(bytes, layer) === "ok";
  const at = outer.carries?.offset ?? bytes.length;
  return csumFold(csumPartial(bytes, at, Math.max(0, bytes.length - at), 0)) === 0;
}
