/** NULL means "checked, send it as it is". */

import { CHECKSUM_PARTIAL, SKB_GSO_DODGY, SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { SkbView } from "../../recipe/Run.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { GSO_TCP, gsoLayerOf } from "../gsoLayer.js";
import { withoutJumboHeader } from "../jumboHeader.js";
import { Findings, law } from "../law.js";
import { type Difference, fragList, unlessEqual } from "./failedCalls.js";

const SHOWN = 16;

/**
 * Free to change: gso_segs, the header offsets that the handlers set on their way, what a private head or a pull of
 * headers brings with it; and the jumbo header goes.
 */
export const wholeLeavesPacket = law({
  name: "whole-leaves-packet",
  law: "A segmentation with nothing to do leaves the packet as it was.",
  standsFor: ["ERR-9", "ERR-8"],
  check(run) {
    const findings = new Findings(run);
    for (const [index, { result, input, after, holder }] of run.calls.entries()) {
      if (result !== "whole" || after === undefined) continue;
      findings.applies();
      for (const difference of changesOf(input, after)) {
        findings.broken({ ...difference, at: { holder, call: index } });
      }
    }
    return findings.verdict();
  },
});

function changesOf(input: SkbView, after: SkbView): Difference[] {
  const [was, is] = [input.shinfo, after.shinfo];
  return [
    ...unlessEqual("data", after.macHeader, after.data),
    ...unlessEqual("len", input.len - jumboLength(input), after.len),
    ...bytesChange(input, after),
    ...unlessEqual("frag_list", fragList(input), fragList(after)),
    ...unlessEqual("gso_size", was.gsoSize, is.gsoSize),
    ...unlessEqual("gso_type", was.gsoType & ~SKB_GSO_DODGY, is.gsoType & ~SKB_GSO_DODGY),
    ...(preparesSum(input) ? [] : unlessEqual("ip_summed", input.ipSummed, after.ipSummed)),
    ...unlessEqual("users", input.users, after.users),
    ...unlessEqual("next", input.next, after.next),
    ...unlessEqual("sk", input.sk, after.sk),
    ...unlessEqual("destructor", input.destructor, after.destructor),
    ...(input.head === after.head ? unlessEqual("truesize", input.truesize, after.truesize) : []),
  ];
}

/**
 * Before TCP looks at what the device can do, it gives a packet that is not PARTIAL, or a list that it will not take apart
 * as one, a pseudo-header sum (tcp4_gso_segment).
 */
const preparesSum = ({ shinfo, ipSummed }: SkbView): boolean =>
  (shinfo.gsoType & GSO_TCP) !== 0 && (ipSummed !== CHECKSUM_PARTIAL || (shinfo.gsoType & SKB_GSO_FRAGLIST) !== 0);

/** The IPv6 handler takes the jumbo header off before it asks TCP (ipv6_gso_segment); drivers would do it, too. */
function jumboLength(input: SkbView): number {
  const headers = input.bytes ?? input.linear;
  return headers.length - withoutJumboHeader(headers, input).length;
}

function bytesChange(input: SkbView, after: SkbView): Difference[] {
  const at = gsoLayerOf(input)?.l4Offset;
  const was = input.bytes && withoutJumboHeader(input.bytes, input);
  const sumAt = preparesSum(input) && at !== undefined ? at - jumboLength(input) : undefined;
  const [expected, received] = [withoutSum(was, sumAt), withoutSum(after.bytes, sumAt)];
  if (expected === undefined || (received !== undefined && equalBytes(expected, received))) return [];
  const found = received === undefined ? "unreadable" : describeDifference(expected, received);
  return [{ place: "bytes", expected: hex(expected, SHOWN), received: found }];
}

const withoutSum = (bytes: Uint8Array | undefined, at: number | undefined): Uint8Array | undefined =>
  at === undefined ? bytes : bytes?.slice().fill(0, at + TCP_CHECK, at + TCP_CHECK + 2);
