import { CHECKSUM_PARTIAL, MAX_SKB_FRAGS } from "../../abi/features.js";
import type { SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** The rules of a well-formed sk_buff as far as one can see them from outside, each with its place. */
export const segmentsWellFormed = law({
  name: "segments-well-formed",
  law: "Every segment is a well-formed sk_buff.",
  standsFor: ["SEG-2", "I5"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      // A recipe may ask for a checksum start that fits no header; whoever keeps it is not to blame.
      const startIsRight = run.recipe.packet.checksumStart === 0 && checksumStartFault(cut.call.input) === undefined;
      for (const segment of cut.segments) {
        findings.applies();
        const faults = shapeFaults(segment.view);
        const start = startIsRight ? checksumStartFault(segment.view) : undefined;
        for (const { rule, expected, received } of start === undefined ? faults : [...faults, start]) {
          findings.broken({ place: `${cut.path}: ${rule}`, expected, received, at: placeOf(cut, segment) });
        }
      }
    }),
});

interface Fault {
  readonly rule: string;
  readonly expected: string;
  readonly received: string;
}

function shapeFaults(skb: SkbView): Fault[] {
  const { shinfo } = skb;
  const faults: Fault[] = [];
  const demand = (holds: boolean, rule: string, expected: string, received: string): void => {
    if (!holds) faults.push({ rule, expected, received });
  };
  const headlen = skb.len - skb.dataLen;
  const outside = sumOf(shinfo.frags) + sumOf(shinfo.members);
  const references = shinfo.dataref & 0xffff;
  const ordered = skb.data >= 0 && skb.data <= skb.tail && skb.tail <= skb.end;
  demand(ordered, "order", "0 <= data <= tail <= end", `data ${skb.data}, tail ${skb.tail}, end ${skb.end}`);
  demand(
    headlen >= 0 && headlen === skb.tail - skb.data,
    "headlen",
    `${skb.tail - skb.data} linear bytes`,
    `${headlen} (len ${skb.len}, data_len ${skb.dataLen})`,
  );
  demand(skb.dataLen === outside, "data_len", `${outside}, the bytes outside the linear part`, `${skb.dataLen}`);
  demand(shinfo.frags.length <= MAX_SKB_FRAGS, "nr_frags", `at most ${MAX_SKB_FRAGS}`, `${shinfo.frags.length}`);
  demand(
    shinfo.frags.every((frag) => frag.len > 0),
    "frag size",
    "bytes in every fragment",
    "an empty fragment",
  );
  demand(references >= 1, "dataref", "a reference on the data", `${references}`);
  demand(
    skb.cloned || references <= 1,
    "cloned",
    "cloned set while others share the data",
    `clear with ${references} references`,
  );
  demand(skb.users >= 1, "users", "at least 1", `${skb.users}`);
  demand(skb.destructor !== "" || skb.sk === "", "owner", "no socket without a destructor", `socket ${skb.sk}`);
  return faults;
}

/** A partial checksum has to start inside the linear part, with room there for the result. */
function checksumStartFault(skb: SkbView): Fault | undefined {
  if (skb.ipSummed !== CHECKSUM_PARTIAL) return undefined;
  const start = skb.csumStart - skb.data;
  const end = start + skb.csumOffset + 2;
  const headlen = skb.len - skb.dataLen;
  if (start >= 0 && end <= headlen) return undefined;
  return {
    rule: "csum_start",
    expected: `inside ${headlen} linear bytes`,
    received: `start ${start}, result ends at ${end}`,
  };
}

const sumOf = (pieces: readonly { readonly len: number }[]): number =>
  pieces.reduce((sum, piece) => sum + piece.len, 0);
