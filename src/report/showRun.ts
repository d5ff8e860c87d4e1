/** One run drawn so that a reader understands it in a minute: shape, graph, order of steps, who disturbed what. */

import { featureNames } from "../abi/features.js";
import type { Recipe } from "../recipe/Recipe.js";
import type { HolderRun, MemoryReport, Run, SegmentationCall, Site } from "../recipe/Run.js";
import { compareViews, drawPairs } from "./compareViews.js";
import { counted } from "./counted.js";
import { describeHolder, describeOperation, describePacket } from "./describeRecipe.js";
import { drawChain, drawGraph } from "./drawGraph.js";
import { drawSteps } from "./drawSteps.js";
import { type Palette, plain } from "./palette.js";
import { wrap } from "./table.js";

/** How a law stands on the run that is drawn. */
export interface ShownBreach {
  readonly law: string;
  readonly sentence: string;
  readonly expected: string;
  readonly received: string;
  readonly at: Readonly<Record<string, number | string>>;
}

/** What is known of the saved case besides its run. */
export interface ShownCase {
  readonly title: string;
  readonly why: string;
  readonly property: string;
  /** What is broken when the case is carried out now; empty when it holds. */
  readonly breaches: readonly ShownBreach[];
  /** The command that carries it out again. */
  readonly replay: string;
}

/** The drawing, ending in a newline. */
export function showRun(run: Run, shown: ShownCase, colours: Palette = plain): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ["", colours.strong(title), ...lines.map((line) => `  ${line}`.trimEnd())];
  return [
    colours.strong(shown.title),
    ...wrap(shown.why, 100),
    `property ${shown.property}, kernel ${run.kernel}, engine ${run.engine}`,
    ...section("Broken", showBreaches(shown.breaches, colours)),
    ...section("Packet", [describePacket(run.recipe.packet), arrivalOf(run)]),
    ...section("On its way to the holders", showMiddle(run)),
    ...section(
      "Before anybody had a clone",
      run.packet.view ? drawGraph([{ label: "the packet", view: run.packet.view }]) : [],
    ),
    ...section("Holders", showHolders(run.recipe)),
    ...section("As each holder's last step began", drawGraph(entered(run))),
    ...section("Steps, in the order in which they were taken", drawSteps(run)),
    ...run.calls.flatMap((call, i) => section(`Segmentation ${i + 1}: ${callTitle(call)}`, showCall(call))),
    ...section("What came of it", run.holders.map(showOutcome)),
    ...section(
      "Changed under a holder's hands",
      run.holders.flatMap((holder) => showDisturbances(holder, colours)),
    ),
    ...section("Faults and memory reports", showReports(run, colours)),
    "",
    `replay: ${shown.replay}`,
    "",
  ].join("\n");
}

function showBreaches(breaches: readonly ShownBreach[], colours: Palette): string[] {
  if (breaches.length === 0) return [colours.good("nothing: every law holds of this run")];
  return breaches.flatMap((it) => [
    `${colours.bad(it.law)}: ${it.sentence}`,
    `  expected ${it.expected}`,
    `  received ${it.received}`,
    ...(Object.keys(it.at).length > 0 ? [`  where    ${describePlace(it.at)}`] : []),
  ]);
}

/** `holder 1, segment 2`. */
export function describePlace(at: Readonly<Record<string, number | string>>): string {
  return Object.entries(at)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** Innermost function first: `skb_pull < skb_segment_list`. */
export const describeSite = (site: Site): string => (site.length === 0 ? "(set-up)" : site.join(" < "));

function arrivalOf(run: Run): string {
  const { packet } = run;
  if (packet.arrival === "refused") return `the tap refused it: ${packet.errno}`;
  const count = packet.datagrams.length;
  const lengths = packet.datagrams.map((it) => it.length);
  const datagrams = `${counted(count, "datagram")} of ${shortList(lengths)} bytes`;
  return `${packet.frame.length} bytes from the MAC header on, ${datagrams}`;
}

/** Steps behind one that faulted, or behind the loss of the packet, were not taken. */
const showMiddle = ({ recipe, packet }: Run): string[] =>
  recipe.middle.map((step, i) => `${describeOperation(step)}: ${packet.middle[i] ?? "not reached"}`);

function shortList(numbers: readonly number[]): string {
  if (numbers.every((it) => it === numbers[0])) return String(numbers[0] ?? 0);
  return numbers.length > 8 ? `${numbers.slice(0, 8).join(", ")}, ...` : numbers.join(", ");
}

function showHolders(recipe: Recipe): string[] {
  const last = recipe.holders.length - 1;
  const when =
    recipe.cloning === "at-once" ? "all clones are made first" : "each clone is made when its holder's turn comes";
  return [
    ...recipe.holders.map((it, i) => `${i}: ${i === last ? "has the original" : "has a clone"}: ${describeHolder(it)}`),
    ...(last > 0 ? [when] : []),
  ];
}

function entered(run: Run): { label: string; view: NonNullable<HolderRun["entered"]> }[] {
  return run.holders.flatMap((it) =>
    it.entered ? [{ label: `holder ${it.index} (${it.exit})`, view: it.entered }] : [],
  );
}

function callTitle(call: SegmentationCall): string {
  const path = call.result === "list" ? (call.listPath ? " by skb_segment_list" : " by skb_segment") : "";
  const result = {
    list: `${call.segments.length} segments`,
    whole: "left whole",
    error: call.errno,
    faulted: "never returned",
  };
  return `holder ${call.holder}, ${result[call.result]}${path}${call.interrupted ? ", interrupted" : ""}`;
}

function showCall(call: SegmentationCall): string[] {
  const chain = drawChain(call.segments);
  return [
    `features ${featureNames(call.features)}`,
    ...drawGraph([{ label: "input", view: call.input }]),
    ...(chain.length > 12 ? [...chain.slice(0, 6), `... ${chain.length - 9} more ...`, ...chain.slice(-3)] : chain),
    ...(call.chain === "cyclic" ? ["the chain is CYCLIC"] : []),
  ];
}

function showOutcome(holder: HolderRun): string {
  const parts = [`holder ${holder.index} (${holder.exit}): ${holder.outcome}`];
  if (holder.dropReason !== "") parts.push(`because ${holder.dropReason}`);
  if (holder.frames.length > 0) parts.push(describeFrames(holder.frames));
  for (const it of holder.sockets) parts.push(`${it.name} got ${it.datagrams.length}, dropped ${it.drops}`);
  return parts.join(", ");
}

function describeFrames(frames: HolderRun["frames"]): string {
  const lengths = shortList(frames.map((it) => it.bytes?.length ?? 0));
  const changed = frames.filter((it) => it.later !== "same").length;
  const later = changed === 0 ? "" : `, ${changed} of them CHANGED after that`;
  return `${counted(frames.length, "frame")} of ${lengths} bytes${later}`;
}

function showDisturbances(holder: HolderRun, colours: Palette): string[] {
  return holder.disturbances.flatMap((it) => [
    `holder ${holder.index}'s sk_buff, while holder ${it.by.join(" and ")} ran:`,
    ...drawPairs(compareViews(it.before, it.after), colours.changed).map((line) => `  ${line}`),
  ]);
}

function showReports(run: Run, colours: Palette): string[] {
  return [
    ...run.faults.map((it) =>
      colours.bad(`${it.kind} ${it.id}, holder ${it.holder}: ${describeSite(it.site)}${valuesOf(it.values)}`),
    ),
    ...run.memory.map(describeReport),
    ...run.warnings.map((it) => `${it.kind} ${it.id}, holder ${it.holder}: ${describeSite(it.site)}`),
  ];
}

const valuesOf = (values: Readonly<Record<string, number>>): string =>
  Object.keys(values).length === 0 ? "" : `  (${describePlace(values)})`;

function describeReport(it: MemoryReport): string {
  const who = it.holder < 0 ? "set-up" : `holder ${it.holder}`;
  const change = it.kind === "shared-write" ? ` ${it.before} -> ${it.after}` : "";
  const other = it.kind === "race" ? ` with holder ${it.other}` : "";
  return `${it.kind} of ${it.object} ${it.field}${change} by ${who}${other}: ${describeSite(it.site)}`;
}
