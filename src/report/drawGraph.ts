/**
 * Draws sk_buffs as they hang together: who points at which head, what the shared info behind it holds, and the
 * frag_list. Plain characters, so that it survives a mail and a log.
 */

import { gsoTypeNames } from "../abi/features.js";
import type { SharedInfoView, SkbView } from "../recipe/Run.js";
import { table } from "./table.js";

export interface NamedSkb {
  /** Who has it: `holder 0 (port)`. */
  readonly label: string;
  readonly view: SkbView;
}

/** Lists longer than this are drawn without their middle. */
const MOST_MEMBERS = 12;

/**
 * The sk_buffs, those that saw one head in one state together, and under them the head with its shared info. A head
 * that was changed between two views is drawn twice, so that nobody takes the later state for the earlier.
 */
export function drawGraph(skbs: readonly NamedSkb[]): string[] {
  const groups = new Map<string, NamedSkb[]>();
  for (const skb of skbs) {
    const key = stateOf(skb.view);
    groups.set(key, [...(groups.get(key) ?? []), skb]);
  }
  const rows = [...groups.values()].map((group) =>
    table(group.map(({ label, view }) => [label, `skb#${view.serial}`, skbFacts(view)])),
  );
  const width = Math.max(0, ...rows.flat().map((line) => line.length));
  const drawn = new Set<number>();
  return [...groups.values()].flatMap((group, g) => {
    const lines = (rows[g] ?? []).map(
      (line, i) => `${line} ${"-".repeat(width - line.length)}--${i === group.length - 1 ? "+" : "."}`,
    );
    const view = (group.at(-1) as NamedSkb).view;
    const again = drawn.has(view.head) ? "  (the same head at another moment)" : "";
    drawn.add(view.head);
    return [...lines, ...drawHead(view, again).map((line) => `    ${line}`)];
  });
}

/** What a view says of the head and of what lies behind it, reference counts apart. */
function stateOf({ head, shinfo }: SkbView): string {
  const { gsoSize, gsoSegs, gsoType, frags, members } = shinfo;
  return JSON.stringify([head, gsoSize, gsoSegs, gsoType, frags, members.map((it) => [it.serial, it.len, it.dataLen])]);
}

/** A call's segments as a chain, one line each: `skb#1 -> skb#4`. */
export function drawChain(segments: readonly SkbView[]): string[] {
  return table(
    segments.map((view) => [
      `skb#${view.serial}`,
      `head#${view.head}`,
      skbFacts(view),
      `next ${view.next === 0 ? "NULL" : `skb#${view.next}`}`,
    ]),
  );
}

function drawHead(view: SkbView, note: string): string[] {
  const { head, shinfo } = view;
  const facts = `head#${head}  data ${view.data}  tail ${view.tail}  end ${view.end}`;
  return [facts + note, `shinfo#${shinfo.serial}  ${shinfoFacts(shinfo)}`, ...drawShinfo(shinfo)];
}

function drawShinfo(shinfo: SharedInfoView): string[] {
  const branches: string[][] = shinfo.frags.map((frag) => [
    `frag page#${frag.page} at ${frag.offset}, ${frag.len} bytes`,
  ]);
  if (shinfo.members.length > 0) {
    branches.push([`frag_list of ${shinfo.members.length}`, ...tree(shorten(shinfo.members.map(drawMember)))]);
  }
  return tree(branches);
}

function drawMember(view: SkbView): string[] {
  const line = `skb#${view.serial}  head#${view.head}  ${skbFacts(view)}`;
  const shared = (view.shinfo.dataref & 0xffff) > 1 ? `  dataref ${dataref(view.shinfo.dataref)} SHARED` : "";
  return [line + shared, ...drawShinfo(view.shinfo)];
}

function skbFacts(view: SkbView): string {
  const inFrags = view.shinfo.frags.reduce((sum, frag) => sum + frag.len, 0);
  const parts = [`${view.len - view.dataLen} linear`];
  if (inFrags > 0) parts.push(`${inFrags} paged`);
  if (view.dataLen - inFrags !== 0) parts.push(`${view.dataLen - inFrags} in list`);
  const facts = [parts.length === 1 ? `len ${parts[0]}` : `len ${view.len} = ${parts.join(" + ")}`];
  if (view.users !== 1) facts.push(`users ${view.users}`);
  if (view.cloned) facts.push("cloned");
  if (view.nohdr) facts.push("nohdr");
  return facts.join("  ");
}

function shinfoFacts(shinfo: SharedInfoView): string {
  const facts = [`dataref ${dataref(shinfo.dataref)}`, `gso_size ${shinfo.gsoSize}`, `gso_segs ${shinfo.gsoSegs}`];
  facts.push(`gso_type ${gsoTypeNames(shinfo.gsoType)}`);
  if (shinfo.destructorArg !== 0) facts.push(`zerocopy owner#${shinfo.destructorArg}`);
  return facts.join("  ");
}

const dataref = (value: number): string =>
  value >>> 16 === 0 ? `${value}` : `${value & 0xffff} (${value >>> 16} payload-only)`;

/** Puts branch marks in front of blocks of lines. */
function tree(blocks: readonly (readonly string[])[]): string[] {
  return blocks.flatMap((block, i) => {
    const last = i === blocks.length - 1;
    return block.map((line, j) => (j === 0 ? (last ? "`- " : "|- ") : last ? "   " : "|  ") + line);
  });
}

function shorten(blocks: readonly string[][]): string[][] {
  if (blocks.length <= MOST_MEMBERS) return [...blocks];
  const kept = MOST_MEMBERS / 2;
  const left = blocks.length - 2 * kept;
  return [...blocks.slice(0, kept), [`... ${left} more ...`], ...blocks.slice(-kept)];
}
