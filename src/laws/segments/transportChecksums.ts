/** The checksums of a call's segments, for the laws that say the same of UDP and of TCP. */
import type { Run } from "../../recipe/Run.js";
import { foldedPseudoSum, tcpChecksumState, udpChecksumState } from "../../wire/frame.js";
import type { TransportLayer } from "../gsoLayer.js";
import type { Findings } from "../law.js";
import { checksumGround, sameSum } from "./checksumGround.js";
import { type CutCall, checkCalls, isUnfinished, layerOf, placeOf, type Segment } from "./cutCall.js";

/** What a transport has where. */
interface Sums {
  readonly into: CutCall["into"];
  readonly length: (bytes: Uint8Array, layer: TransportLayer) => number;
  readonly check: (layer: TransportLayer) => number;
  readonly state: (bytes: Uint8Array, layer: TransportLayer) => string;
}

export const UDP_SUMS: Sums = {
  into: "datagrams",
  length: (_, { udp }) => udp?.length ?? 0,
  check: ({ udp }) => udp?.check ?? 0,
  state: (bytes, layer) => udpChecksumState(bytes, layer),
};

/** TCP's length is what the frame has: a partial packet's IP header tells that of one unit. */
export const TCP_SUMS: Sums = {
  into: "stream",
  length: (bytes, { l4Offset }) => bytes.length - l4Offset,
  check: ({ tcp }) => tcp?.check ?? 0,
  state: (bytes, layer) => tcpChecksumState(bytes, layer, bytes.length - layer.l4Offset),
};

/** Segments with a sum that no device will complete, and a ground to judge it by. A sum left to remote checksum offload is none. */
export function checkComplete(run: Run, cut: CutCall, sums: Sums, findings: Findings): void {
  if (cut.into !== sums.into) return;
  for (const segment of cut.segments) {
    const { bytes, view } = segment;
    if (bytes === undefined || view.remcsumOffload || isUnfinished(cut, view)) continue;
    const ground = checksumGround(run, cut, segment);
    const layer = layerOf(cut, bytes);
    if (layer === undefined || (ground !== "computed" && ground !== "full")) continue;
    findings.applies();
    const state = sums.state(bytes, layer);
    if (state === "ok") continue;
    const place = `${cut.path}: ${which(segment)}`;
    findings.broken({ place, expected: "a sum that verifies", received: state, at: placeOf(cut, segment) });
  }
}

/** Segments whose sum a device will complete. */
export function checkPseudoSums(run: Run, sums: Sums): ReturnType<typeof checkCalls> {
  return checkCalls(run, (cut, findings) => {
    if (cut.into !== sums.into) return;
    for (const segment of cut.segments) {
      const { bytes, view } = segment;
      if (bytes === undefined || !isUnfinished(cut, view)) continue;
      const ground = checksumGround(run, cut, segment);
      const layer = layerOf(cut, bytes);
      if (layer === undefined || (ground !== "computed" && ground !== "pseudo")) continue;
      findings.applies();
      const expected = foldedPseudoSum(bytes, layer, sums.length(bytes, layer));
      const received = sums.check(layer);
      if (sameSum(expected, received)) continue;
      const place = `${cut.path}: ${which(segment)}`;
      findings.broken({ place, expected: hex16(expected), received: hex16(received), at: placeOf(cut, segment) });
    }
  });
}

const which = ({ index }: Segment): string => (index === 0 ? "first" : "later");

const hex16 = (sum: number): string => `0x${sum.toString(16).padStart(4, "0")}`;
