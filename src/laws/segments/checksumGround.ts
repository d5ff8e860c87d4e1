/**
 * What a law may ask of the UDP checksums of a call's segments, given what came in.
 *
 * The kernel goes on from the sum that stands in the packet. Where that was neither right nor absent, nothing that
 * comes out can be judged.
 */

import { SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { equalBytes } from "../../bytes/diff.js";
import type { Run } from "../../recipe/Run.js";
import { foldedPseudoSum, udpChecksumState } from "../../wire/frame.js";
import { parsedFrame } from "../parsedFrame.js";
import { type CutCall, lengthIsConsistent, type Segment } from "./cutCall.js";

/** Equal as ones-complement sums: 0 and 0xffff are the same number. */
export const sameSum = (a: number, b: number): boolean => a % 0xffff === b % 0xffff;

/**
 * `computed`: the generic path has all it needs to make checksums. `full`, `pseudo`, `zero`: what the datagram brought
 * along in its field, for a segment of the list path. `unknown`: nothing to go by.
 */
export type Ground = "computed" | "full" | "pseudo" | "zero" | "unknown";

export function checksumGround(run: Run, cut: CutCall, segment: Segment): Ground {
  if (cut.into !== "datagrams" || cut.headers === undefined) return "unknown";
  if (cut.call.listPath) return broughtAlong(run, segment);
  return isComputable(cut) ? "computed" : "unknown";
}

/** A fraglist that is not taken apart as a list gets a new pseudo-header sum; otherwise the sum in the packet has to be right. */
export function isComputable({ headers, call, ...cut }: CutCall): boolean {
  if (headers === undefined) return false;
  if ((call.input.shinfo.gsoType & SKB_GSO_FRAGLIST) !== 0) return lengthIsConsistent({ headers, call, ...cut });
  const bytes = call.input.bytes ?? call.input.linear;
  return sameSum(headers.udp.check, foldedPseudoSum(bytes, headers, headers.udp.length));
}

/** What the datagram that became this segment had in its field when it arrived. */
function broughtAlong(run: Run, segment: Segment): Ground {
  const original = run.packet.originals[segment.index];
  const datagram = run.packet.datagrams[segment.index];
  const parsed = original && parsedFrame(original);
  if (original === undefined || datagram === undefined || parsed?.udp === undefined) return "unknown";
  if (segment.payload === undefined || !equalBytes(segment.payload, datagram)) return "unknown";
  const state = udpChecksumState(original, parsed);
  if (state === "ok") return "full";
  if (state === "zero") return "zero";
  return state === "partial" ? "pseudo" : "unknown";
}
