import { equalBytes } from "../../bytes/diff.js";
import { describeDifference } from "../../bytes/hexdump.js";
import type { HolderRecipe, MiddleRecipe, OperationRecipe } from "../../recipe/Recipe.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK } from "../../wire/udp.js";
import { Findings, law } from "../law.js";
import { type CutCall, lengthIsConsistent, placeOf } from "./cutCall.js";
import { aloneWith, cutsOf, soleHolderOf } from "./soleHolder.js";

/** DODGY keeps the kernel off the list path; linear, no piece of the packet is a datagram any more. */
const DETOUR: readonly OperationRecipe[] = [
  { do: "linearize", bytes: 0 },
  { do: "mark-dodgy", bytes: 0 },
];

/** Exits at which there is one call for one packet. What a router does to a list has laws of its own. */
const CUT_ONCE: readonly HolderRecipe["exit"][] = ["port", "inspect", "local"];
/** What a middlebox does to the first header, and nobody tells the members. */
const OF_THE_HEAD: readonly MiddleRecipe["do"][] = [
  "decrement-hop-limit",
  "translate",
  "adjust-room",
  "adjust-room-fixed",
];
const LISTS: readonly string[] = ["fraglist", "tcp-fraglist"];

/** As many operations as a recipe may have for one holder. */
const MAX_OPERATIONS = 4;

/**
 * For an aggregate such as GRO makes, cutting at member boundaries and cutting at multiples of gso_size are the same.
 *
 * The companion is the same holder alone with a packet that has to take the generic path. Transport checksum fields are not
 * compared: one path keeps what arrived, the other may leave the sum to the device.
 */
export const pathEquivalent = law({
  name: "path-equivalent",
  law: "The list path gives the same packets as the generic path.",
  standsFor: ["SEG-27", "I14"],
  companions: (recipe) => {
    const holder = recipe.holders[soleHolderOf(recipe)];
    const { gso, evenMembers, rewritten, dodgy, arrival } = recipe.packet;
    if (
      holder === undefined ||
      !CUT_ONCE.includes(holder.exit) ||
      !LISTS.includes(gso) ||
      arrival !== "stack" ||
      !evenMembers ||
      dodgy
    )
      return undefined;
    if (recipe.middle.some((step) => OF_THE_HEAD.includes(step.do))) return undefined;
    if (rewritten !== "nothing" || recipe.failures.length > 0 || recipe.switches.length > 0) return undefined;
    const before = [...DETOUR, ...holder.before];
    return before.length > MAX_OPERATIONS ? undefined : { generic: aloneWith(recipe, { ...holder, before }) };
  },
  check: (run, { generic }) => {
    const findings = new Findings();
    if (generic === undefined) return findings.verdict();
    const listed = cutsOf(run, soleHolderOf(run.recipe));
    const cut = cutsOf(generic, 0);
    // A device may take the packet whole once it has no frag_list; then the calls have no counterpart.
    if (listed.length !== cut.length) return findings.verdict();
    for (const [i, one] of listed.entries()) {
      const other = cut[i];
      if (other !== undefined && areComparable(one, other)) compare(one, other, findings);
    }
    return findings.verdict();
  },
});

function areComparable(list: CutCall, generic: CutCall): boolean {
  if (!list.call.listPath || generic.call.listPath || generic.partial) return false;
  if (list.payload === undefined || generic.payload === undefined || !equalBytes(list.payload, generic.payload))
    return false;
  return lengthIsConsistent(list) && hasEvenMembers(list);
}

function hasEvenMembers({ call, headers }: CutCall): boolean {
  const { gsoSize, members } = call.input.shinfo;
  const inMembers = members.reduce((sum, member) => sum + member.len, 0);
  if (headers === undefined || call.input.len - inMembers - headers.payloadOffset !== gsoSize) return false;
  const last = members.at(-1)?.len ?? gsoSize;
  return last >= 1 && last <= gsoSize && members.slice(0, -1).every((member) => member.len === gsoSize);
}

function compare(list: CutCall, generic: CutCall, findings: Findings): void {
  findings.applies();
  if (list.segments.length !== generic.segments.length) {
    const [expected, received] = [generic, list].map(({ segments }) => `${segments.length} segments`);
    findings.broken({
      place: `count${list.kind}`,
      expected: expected ?? "",
      received: received ?? "",
      at: placeOf(list),
    });
    return;
  }
  for (const segment of list.segments) {
    const counterpart = generic.segments[segment.index]?.bytes;
    if (segment.bytes === undefined || counterpart === undefined) continue;
    const [expected, received] = [withoutChecksum(counterpart, generic), withoutChecksum(segment.bytes, list)];
    if (equalBytes(expected, received)) continue;
    findings.broken({
      place: `${expected.length === received.length ? "bytes" : "length"}${list.kind}`,
      expected: `${expected.length} bytes as on the generic path`,
      received: describeDifference(expected, received),
      at: placeOf(list, segment),
    });
  }
}

/** Without the checksum of the transport, or those of the tunnel around it, which count it. */
function withoutChecksum(bytes: Uint8Array, { layers }: CutCall): Uint8Array {
  const masked = bytes.slice();
  for (const { l4Offset, udp, tcp, carries } of layers) {
    const at =
      udp !== undefined ? l4Offset + UDP_CHECK : tcp !== undefined ? l4Offset + TCP_CHECK : carries?.checksumOffset;
    if (at !== undefined) masked.fill(0, at, at + 2);
  }
  return masked;
}
