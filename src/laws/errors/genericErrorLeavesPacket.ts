/** The generic path builds its segments beside the packet, so an error costs the packet nothing. */

import { SKB_GSO_DODGY } from "../../abi/features.js";
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { Run, SegmentationCall, SkbView } from "../../recipe/Run.js";
import { plainKind } from "../gsoKind.js";
import { law } from "../law.js";
import { type Difference, fragList, isForListPath, judgeFailures, unlessEqual } from "./failedCalls.js";
import { payloadOf } from "./payloadOf.js";

const SHOWN = 16;

/**
 * A pull may have moved bytes out of the list before, of headers or of everything (__udp_gso_segment), which marks the
 * packet DODGY; a new head changes the truesize of a packet that nobody is charged for (pskb_expand_head).
 */
export const genericErrorLeavesPacket = law({
  name: "generic-error-leaves-packet",
  law: "When the generic path fails, the packet keeps its payload with everything that describes it.",
  standsFor: ["ERR-5"],
  check: (run) =>
    judgeFailures(
      run,
      (call) => !isForListPath(run, call),
      (call, after) => [
        ...payloadChange(run, call.input, after),
        ...listChange(call.input, after),
        ...gsoChange(call, after),
        ...(canGrow(call.input, after) ? [] : unlessEqual("truesize", call.input.truesize, after.truesize)),
        ...unlessEqual("sk", call.input.sk, after.sk),
        ...unlessEqual("destructor", call.input.destructor, after.destructor),
      ],
    ),
});

/** Headers may have moved, as those of IPv6 do for a fragment header, so the payload is told by its end. */
function payloadChange(run: Run, input: SkbView, after: SkbView): Difference[] {
  const expected = payloadOf(input);
  if (expected === undefined) return [];
  const place = `payload${plainKind(run)}`;
  if (after.bytes === undefined) return [{ place, expected: hex(expected, SHOWN), received: "unreadable" }];
  const received = after.bytes.subarray(Math.max(0, after.bytes.length - expected.length));
  if (equalBytes(expected, received)) return [];
  return [{ place, expected: hex(expected, SHOWN), received: describeDifference(expected, received) }];
}

function listChange(input: SkbView, after: SkbView): Difference[] {
  if (after.dataLen < input.dataLen) return [];
  return unlessEqual("frag_list", fragList(input), fragList(after));
}

function gsoChange({ input, interrupted }: SegmentationCall, after: SkbView): Difference[] {
  const [was, is] = [input.shinfo, after.shinfo];
  return [
    ...unlessEqual("gso_size", was.gsoSize, is.gsoSize),
    ...unlessEqual("gso_type", was.gsoType & ~SKB_GSO_DODGY, is.gsoType & ~SKB_GSO_DODGY),
    // A sibling may refresh it meanwhile.
    ...(interrupted ? [] : unlessEqual("gso_segs", was.gsoSegs, is.gsoSegs)),
  ];
}

const canGrow = (input: SkbView, after: SkbView): boolean =>
  after.head !== input.head && (input.sk === "" || input.destructor === "sock_edemux");
