/**
 * sk_buffs for unit tests: made to measure, read back slowly, and judged for well-formedness.
 *
 * The reading and judging here share no code with the functions under test. Names avoid the kernel's prefixes, so that
 * nothing of this file shows in a site.
 */
import { CHECKSUM_PARTIAL, MAX_SKB_FRAGS } from "../../abi/features.js";
import { patternByte } from "../../bytes/pattern.js";
import { Arena } from "../../memory/Arena.js";
import { KernelFault } from "../../memory/fault.js";
import { Memory } from "../../memory/Memory.js";
import { allocPage, allocSkb, buildSkb, roundings } from "../alloc.js";
import { skbClone } from "../clone.js";
import type { Frag } from "../Page.js";
import { skbPut, skbReserve } from "../pushPull.js";
import { SKBFL_DONT_ORPHAN, SKBFL_MANAGED_FRAG_REFS, SKBFL_SHARED_FRAG, SKBFL_ZEROCOPY_ENABLE } from "../SharedInfo.js";
import type { SkBuff } from "../SkBuff.js";
import { ZerocopyOwner } from "../ZerocopyOwner.js";

/** A memory of its own, with the allocator that gives what is asked for unless another is named. */
export function makeMemory(rounding: keyof typeof roundings = "identity", arenaBytes = 1 << 16): Memory {
  const mem = new Memory(new Arena(arenaBytes));
  mem.rounding = roundings[rounding];
  return mem;
}

/** Makes the `nth` allocations from now on fail, counted from 1. */
export function failAllocations(mem: Memory, ...nth: readonly number[]): void {
  mem.startCounting(nth.map((i) => mem.allocations + i));
}

/** What a test may say about an sk_buff; everything else is as a fresh one has it. Sizes in bytes. */
export interface Shape {
  readonly headroom?: number;
  readonly tailroom?: number;
  readonly linear?: number;
  readonly frags?: readonly number[];
  readonly members?: readonly Shape[];
  /** The head is carved out of a page. */
  readonly headFrag?: boolean;
  readonly gsoSize?: number;
  readonly gsoSegs?: number;
  readonly gsoType?: number;
  /** Bytes are those of this pattern, counted through linear part, fragments and members. */
  readonly seed?: number;
}

/** The first `n` bytes from position `from` on that a made sk_buff carries. */
export function payload(n: number, from = 0, seed = 1): Uint8Array {
  return Uint8Array.from({ length: n }, (_, i) => patternByte(seed, from + i));
}

/** The sk_buff of that shape. Its truesize counts its own head, a page for each fragment, and its members. */
export function makeSkb(mem: Memory, shape: Shape = {}): SkBuff {
  return makeAt(mem, shape, 0, shape.seed ?? 1);
}

function makeAt(mem: Memory, shape: Shape, from: number, seed: number): SkBuff {
  const { headroom = 64, tailroom = 0, linear = 0 } = shape;
  const size = headroom + linear + tailroom;
  const skb = must(shape.headFrag ? buildSkb(mem, size) : allocSkb(mem, size));
  skbReserve(skb, headroom);
  skbPut(skb, linear);
  mem.arena.bytes.set(payload(linear, from, seed), skb.head.base + headroom);
  let at = from + linear;
  if (shape.frags !== undefined) {
    addFrags(skb, shape.frags, at, seed);
    at = from + skb.len;
  }
  let last: SkBuff | null = null;
  for (const one of shape.members ?? []) {
    const member = makeAt(mem, one, at, seed);
    if (last === null) skb.shinfo.fragList = member;
    else last.next = member;
    last = member;
    at += member.len;
    skb.len += member.len;
    skb.dataLen += member.len;
    skb.truesize += member.truesize;
  }
  skb.shinfo.gsoSize = shape.gsoSize ?? 0;
  skb.shinfo.gsoSegs = shape.gsoSegs ?? 0;
  skb.shinfo.gsoType = shape.gsoType ?? 0;
  return skb;
}

function addFrags(skb: SkBuff, lens: readonly number[], from: number, seed: number): void {
  const frags: Frag[] = [];
  let at = from;
  for (const len of lens) {
    // Fragments lie in the middle of their page, so that an offset that is forgotten shows.
    const page = must(allocPage(skb.mem, len + 32));
    skb.mem.arena.bytes.set(payload(len, at, seed), page.base + 16);
    frags.push({ page, offset: 16, len });
    skb.truesize += page.size;
    at += len;
  }
  skb.len += at - from;
  skb.dataLen += at - from;
  skb.shinfo.fragsChangedTo(frags);
}

/** The value, which the test knows to be there. */
export function must<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("a test's own sk_buff could not be made");
  return value;
}

/** That many clones of the sk_buff. */
export function clonesOf(skb: SkBuff, count: number): SkBuff[] {
  return Array.from({ length: count }, () => must(skbClone(skb)));
}

const OWNERSHIP = {
  owned: SKBFL_ZEROCOPY_ENABLE | SKBFL_SHARED_FRAG,
  "do-not-orphan": SKBFL_ZEROCOPY_ENABLE | SKBFL_SHARED_FRAG | SKBFL_DONT_ORPHAN,
  managed: SKBFL_ZEROCOPY_ENABLE | SKBFL_SHARED_FRAG | SKBFL_DONT_ORPHAN | SKBFL_MANAGED_FRAG_REFS,
} as const;

/** Makes the fragments user memory. Under "managed" their page references are the owner's from then on. */
export function giveZerocopyOwner(skb: SkBuff, kind: keyof typeof OWNERSHIP = "owned"): ZerocopyOwner {
  const owner = new ZerocopyOwner(skb.mem, "zero-copy owner");
  skb.shinfo.destructorArg = owner;
  skb.shinfo.flags = OWNERSHIP[kind];
  return owner;
}

/** The elements of a chain, in order. */
export function chain(first: SkBuff | null): SkBuff[] {
  const all: SkBuff[] = [];
  for (let skb = first; skb !== null; skb = skb.next) {
    if (all.includes(skb)) throw new Error(`the chain comes back to ${skb.name}`);
    all.push(skb);
  }
  return all;
}

/** The members of the frag_list, without touching. */
export const membersOf = (skb: SkBuff): SkBuff[] => chain(skb.head.shinfo.seen().fragList);

/** All bytes of the packet, gathered slowly, without touching and without checks. */
export function flatten(skb: SkBuff): Uint8Array {
  const bytes = skb.mem.arena.bytes;
  const start = skb.head.base + skb.data;
  const out: number[] = [...bytes.subarray(start, start + Math.max(0, skb.len - skb.dataLen))];
  for (const { page, offset, len } of skb.head.shinfo.seen().frags) {
    out.push(...bytes.subarray(page.base + offset, page.base + offset + len));
  }
  for (const member of membersOf(skb)) out.push(...flatten(member));
  return Uint8Array.from(out);
}

/** How the bytes lie: `linear 8 | frags 1000 1 | list [linear 10, linear 9]`, parts that are empty left out. */
export function shapeOf(skb: SkBuff): string {
  const frags = skb.head.shinfo.seen().frags.map((frag) => frag.len);
  const members = membersOf(skb).map(shapeOf);
  return [
    `linear ${skb.len - skb.dataLen}`,
    ...(frags.length > 0 ? [`frags ${frags.join(" ")}`] : []),
    ...(members.length > 0 ? [`list [${members.join(", ")}]`] : []),
  ].join(" | ");
}

/** Objects alive and page references held. */
export const alive = (mem: Memory) => ({ skbs: mem.skbs, heads: mem.heads, pageRefs: mem.pageRefs });
export const NOTHING_ALIVE = { skbs: 0, heads: 0, pageRefs: 0 };

/** The fault that stopped `work`, as `BUG(pull)`, or the empty string. Other exceptions go on. */
export function faultOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    if (error instanceof KernelFault) return `${error.kind}(${error.id})`;
    throw error;
  }
}

/** What was reported, as `shared-write gso_size`, in order. */
export const reportsOf = (mem: Memory): string[] => mem.reports.map((one) => `${one.kind} ${one.field}`);

/**
 * The rules of well-formedness that the sk_buffs break, of which every live one is given: lengths, fragments, lists,
 * and counts. An empty list for a sound state.
 */
export function brokenRules(live: readonly SkBuff[]): string[] {
  const broken: string[] = [];
  const all = withMembers(live);
  for (const skb of all) {
    const rule = (holds: boolean, text: string): void => {
      if (!holds) broken.push(`${skb.name}: ${text}`);
    };
    const shinfo = skb.head.shinfo.seen();
    const headlen = skb.len - skb.dataLen;
    rule(skb.users >= 1, "users at least 1");
    rule(0 <= skb.data && skb.data <= skb.tail && skb.tail <= skb.end, "0 <= data <= tail <= end");
    rule(skb.end <= skb.head.size, "end within the head");
    rule(skb.tail - skb.data === headlen, "tail - data is the head length");
    const inFrags = shinfo.frags.reduce((sum, frag) => sum + frag.len, 0);
    const inList = membersOf(skb).reduce((sum, member) => sum + member.len, 0);
    rule(skb.dataLen === inFrags + inList, "data_len is the sum of fragments and members");
    rule(shinfo.frags.length <= MAX_SKB_FRAGS, "at most 17 fragments");
    rule(
      shinfo.frags.every((frag) => frag.len > 0 && frag.page.refs > 0 && frag.offset + frag.len <= frag.page.size),
      "fragments not empty and within live pages",
    );
    const family = all.filter((one) => one.head === skb.head);
    const dataref = skb.head.shinfo.datarefSeen;
    rule(skb.head.alive, "the head is alive");
    rule((dataref & 0xffff) === family.length, `dataref ${dataref & 0xffff} for ${family.length} sk_buffs`);
    rule(dataref >>> 16 === family.filter((one) => one.nohdr).length, "payload-only references");
    rule(skb.cloned || family.length === 1, "not cloned means alone");
    rule(skb.destructor !== "" || skb.sk === null, "an owner has a destructor");
    if (skb.ipSummed === CHECKSUM_PARTIAL) {
      rule(skb.csumStartOffset >= 0 && skb.csumStartOffset + skb.csumOffset + 2 <= headlen, "checksum field linear");
    }
  }
  return broken;
}

function withMembers(live: readonly SkBuff[]): SkBuff[] {
  const all = new Set<SkBuff>();
  const add = (skb: SkBuff): void => {
    if (all.has(skb)) return;
    all.add(skb);
    for (const member of membersOf(skb)) add(member);
  };
  for (const skb of live) add(skb);
  return [...all];
}
