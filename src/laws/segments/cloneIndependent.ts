import { equalBytes } from "../../bytes/diff.js";
import { describeDifference } from "../../bytes/hexdump.js";
import type { Run, SegmentationCall, SkbView } from "../../recipe/Run.js";
import { IPV6_FRAG_IDENTIFICATION } from "../../wire/ipv6Ext.js";
import { withoutChosenIds } from "../chosenIds.js";
import { gsoKind, kindSuffix } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { parsedFrame } from "../parsedFrame.js";
import { ipv6FragmentHeader } from "./ipv6FragmentHeader.js";
import { aloneWith, soleHolderOf } from "./soleHolder.js";

/**
 * A holder cannot know how many others there are, so its segments cannot depend on them.
 *
 * The companion is the same recipe with that holder alone. Recipes in which another holder marks the packet as DODGY
 * are left out: the mark lies in the shared info and is meant for all. So are trims: what is left of a cut datagram has
 * its old checksum on one path and a new one on the other, and the room in the buffer decides which path is taken.
 */
export const cloneIndependent = law({
  name: "clone-independent",
  law: "A holder gets the same segments whether or not others hold clones of the packet.",
  standsFor: ["SEG-26", "SIB-6", "I7", "I14"],
  companions: (recipe) => {
    const index = soleHolderOf(recipe);
    const holder = recipe.holders[index];
    // What the far end of a veth pair merges depends on truesize, owner and state of each packet.
    if (holder === undefined || holder.exit === "veth" || recipe.holders.length < 2 || recipe.failures.length > 0)
      return undefined;
    const othersMark = recipe.holders.some(
      (other, i) => i !== index && other.before.some((step) => step.do === "mark-dodgy"),
    );
    const trims = holder.before.some((step) => step.do === "trim");
    return othersMark || trims ? undefined : { alone: aloneWith(recipe, holder) };
  },
  check: (run, { alone }) => {
    const findings = new Findings();
    if (alone === undefined) return findings.verdict();
    const holder = soleHolderOf(run.recipe);
    const kind = kindSuffix(run, holder) === "" ? run.recipe.packet.gso : gsoKind(run, holder);
    const tunnel = run.holders[holder]?.exit === "vxlan";
    const crowded = run.calls.filter((call) => call.holder === holder);
    const solitary = alone.calls.filter((call) => call.holder === 0);
    for (const [i, expected] of solitary.entries()) {
      const received = crowded[i];
      if (received === undefined) {
        // A clone that was never made, or a holder stopped by a fault, is no segmentation to compare with.
        if (run.holders[holder]?.outcome === "unborn" || expected.result !== "list") continue;
        const at = { holder, call: i };
        findings.broken({
          place: `call missing (${kind})`,
          expected: `a call with ${expected.segments.length} segments`,
          received: "none",
          at,
        });
      } else if (isSamePacket(run, expected.input, received.input)) {
        findings.applies();
        compareCalls(expected, received, { holder, call: run.calls.indexOf(received), kind, tunnel }, findings);
      }
    }
    return findings.verdict();
  },
});

/** Clones made in turn may be clones of something that the owner of the original has changed by then. */
function isSamePacket(run: Run, alone: SkbView, crowded: SkbView): boolean {
  if (run.recipe.cloning === "at-once") return true;
  return alone.bytes !== undefined && crowded.bytes !== undefined && equalBytes(alone.bytes, crowded.bytes);
}

function compareCalls(
  expected: SegmentationCall,
  received: SegmentationCall,
  { tunnel, ...at }: { holder: number; call: number; kind: string; tunnel: boolean },
  findings: Findings,
): void {
  if (expected.result !== received.result || expected.errno !== received.errno) {
    const [due, found] = [expected, received].map(({ result, errno }) =>
      errno === "" ? result : `${result} ${errno}`,
    );
    findings.broken({ place: `result (${at.kind})`, expected: due ?? "", received: found ?? "", at });
    return;
  }
  if (expected.segments.length !== received.segments.length) {
    const [due, found] = [expected, received].map(({ segments }) => `${segments.length} segments`);
    findings.broken({ place: `count (${at.kind})`, expected: due ?? "", received: found ?? "", at });
    return;
  }
  for (const [segment, due] of expected.segments.entries()) {
    const found = received.segments[segment];
    if (found !== undefined) compareSegments(due, found, { ...at, segment }, tunnel, findings);
  }
}

function compareSegments(
  due: SkbView,
  found: SkbView,
  at: Record<string, number | string>,
  tunnel: boolean,
  findings: Findings,
): void {
  const [expected, received] = [due, found].map(({ bytes }) =>
    withoutFragmentId(bytes && withoutChosenIds(bytes, tunnel)),
  ) as [Uint8Array, Uint8Array];
  if (!equalBytes(expected, received)) {
    findings.broken({
      place: `bytes (${at.kind})`,
      expected: `${expected.length} bytes as for a sole holder`,
      received: describeDifference(expected, received),
      at,
    });
  }
  const fields: readonly (readonly [string, number, number])[] = [
    ["ip_summed", due.ipSummed, found.ipSummed],
    ["gso_size", due.shinfo.gsoSize, found.shinfo.gsoSize],
    ["gso_segs", due.shinfo.gsoSegs, found.shinfo.gsoSegs],
    ["gso_type", due.shinfo.gsoType, found.shinfo.gsoType],
  ];
  for (const [place, one, other] of fields) {
    if (one !== other)
      findings.broken({ place: `${place} (${at.kind})`, expected: `${one}`, received: `${other}`, at });
  }
}

/** IPv6 draws an identification for every datagram that it fragments, so two runs differ there. */
function withoutFragmentId(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) return new Uint8Array();
  const parsed = parsedFrame(bytes);
  const found = parsed?.version === 6 && parsed.fragment && ipv6FragmentHeader(bytes.subarray(parsed.l3Offset));
  if (!parsed || !found) return bytes;
  const id = parsed.l3Offset + found.at + IPV6_FRAG_IDENTIFICATION;
  return bytes.slice().fill(0, id, id + 4);
}
