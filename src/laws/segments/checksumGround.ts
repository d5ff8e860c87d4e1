/**
 * What a law may ask of the UDP and TCP checksums of a call's segments, given what came in.
 *
 * The kernel goes on from the sum that stands in the packet. Where that was neither right nor absent, nothing that
 * comes out can be judged.
 */

import { CHECKSUM_PARTIAL, SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { equalBytes } from "../../bytes/diff.js";
import type { Run } from "../../recipe/Run.js";
import { foldedPseudoSum, tcpChecksumState, udpChecksumState } from "../../wire/frame.js";
import { gsoLayerIndex, type TransportLayer } from "../gsoLayer.js";
import { historyOf } from "../history.js";
import { parsedLayers } from "../parsedFrame.js";
import { type CutCall, isSecondPass, lengthIsConsistent, type Segment } from "./cutCall.js";

/** Equal as ones-complement sums: 0 and 0xffff are the same number. */
export const sameSum = (a: number, b: number): boolean => a % 0xffff === b % 0xffff;

/**
 * `computed`: the generic path has all it needs to make checksums. `full`, `pseudo`, `zero`: what the datagram brought
 * along in its field, for a segment of the list path. `unknown`: nothing to go by.
 */
export type Ground = "computed" | "full" | "pseudo" | "zero" | "unknown";

export function checksumGround(run: Run, cut: CutCall, segment: Segment): Ground {
  if ((cut.into !== "datagrams" && cut.into !== "stream") || cut.headers === undefined) return "unknown";
  if (cut.call.listPath) return isSecondPass(run, cut) ? "unknown" : broughtAlong(run, cut, segment);
  return isComputable(cut) ? "computed" : "unknown";
}

/**
 * A fraglist that is not taken apart as a list gets a new pseudo-header sum, as does a TCP packet that is not PARTIAL;
 * otherwise the sum in the packet has to be right.
 */
export function isComputable(cut: CutCall): boolean {
  const { headers, call } = cut;
  if (headers === undefined) return false;
  const isList = (call.input.shinfo.gsoType & SKB_GSO_FRAGLIST) !== 0;
  // TCP has no length field that could disagree.
  if (headers.tcp !== undefined && (isList || call.input.ipSummed !== CHECKSUM_PARTIAL)) return true;
  if (isList) return lengthIsConsistent(cut);
  const length = headers.udp?.length ?? cut.template.length - headers.l4Offset;
  return sameSum(checkOf(headers), foldedPseudoSum(cut.template, headers, length));
}

const checkOf = ({ udp, tcp }: TransportLayer): number => udp?.check ?? tcp?.check ?? 0;

/** What the datagram that became this segment had in its field when it arrived. */
function broughtAlong(run: Run, cut: CutCall, segment: Segment): Ground {
  const original = historyOf(run).originals[segment.index];
  const datagram = historyOf(run).datagrams[segment.index];
  if (original === undefined || datagram === undefined) return "unknown";
  if (segment.payload === undefined || !equalBytes(segment.payload, datagram)) return "unknown";
  const state = stateOfOriginal(original, cut);
  if (state === "ok") return "full";
  if (state === "zero") return "zero";
  return state === "partial" ? "pseudo" : "unknown";
}

/** The state of the checksum of a frame as it arrived, at the layer that the call cut. */
export function stateOfOriginal(original: Uint8Array, cut: CutCall): "ok" | "zero" | "partial" | "bad" {
  const layers = parsedLayers(original);
  const layer = layers[gsoLayerIndex(layers, cut.call.input.shinfo.gsoType)];
  if (layer === undefined) return "bad";
  return layer.tcp === undefined ? udpChecksumState(original, layer) : tcpChecksumState(original, layer);
}
