/** `skbcheck replay`: carries one saved recipe out again, twice, and says whether it still fails. */
import { writeWhole } from "../corpus/atomicFile.js";
import { formatEntry } from "../corpus/entry.js";
import { HarnessError } from "../corpus/HarnessError.js";
import { describeRecipe } from "../report/describeRecipe.js";
import { palette, wantsColour } from "../report/palette.js";
import { describePlace } from "../report/showRun.js";
import type { Deps } from "../runner/deps.js";
import type { Finding } from "../runner/finding.js";
import { type ReplayResult, replayEntry } from "../runner/replay.js";
import { shrink } from "../runner/shrink.js";
import type { Args, Command } from "./Command.js";
import { ENTRY_FLAGS, ENTRY_NOTES, type EntryCase, openEntry } from "./entryCase.js";
import { type ExitCode, FOUND, type Io, NOTHING_FOUND, print } from "./Io.js";
import { shownPath } from "./places.js";
import { findProperty } from "./selection.js";

export const replay: Command = {
  name: "replay",
  about: "carries one saved recipe out again and says whether it still fails, on which laws",
  positionals: { usage: "ENTRY", min: 1, max: 1 },
  flags: { ...ENTRY_FLAGS, shrink: { about: "make the recipe smaller, if it still fails, and save it in its place" } },
  notes: ENTRY_NOTES,
  run: runReplay,
};

async function runReplay(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  if (args.has("shrink") && (args.has("kernel") || args.has("bug"))) {
    throw new HarnessError(
      "bad-flag",
      "--shrink: expected the kernel that the entry was saved with, got --kernel or --bug; leave them out",
    );
  }
  const opened = await openEntry(args, io, deps);
  const { entry, engine, laws } = opened;
  const colours = palette(wantsColour(io.stdout.isTTY, io.env));
  const first = replayEntry(entry, engine, laws);
  const second = replayEntry(entry, engine, laws);
  const digests =
    first.digest + (first.digest === second.digest ? ", the same when run twice" : `, then ${second.digest}`);
  print(io.stdout, [
    `${shownPath(opened.file, io)}: ${entry.title}`,
    `  recipe   ${describeRecipe(entry.recipe)}`,
    `  kernel   ${engine.kernel}, engine ${engine.name}`,
    ...first.findings.flatMap((it) => brokenLines(it, it.signature === entry.signature)),
    `  digest   ${digests}`,
    verdict(opened, first, (failed, text) => (failed ? colours.bad(text) : colours.good(text))),
  ]);
  if (first.digest !== second.digest) {
    print(io.stdout, [
      colours.bad("NOT DETERMINISTIC: two runs of one recipe differ, which is a defect of the engine"),
    ]);
    return FOUND;
  }
  if (args.has("shrink")) shrinkEntry(opened, first, io);
  return first.findings.length > 0 ? FOUND : NOTHING_FOUND;
}

function brokenLines(it: Finding, own: boolean): string[] {
  const where = Object.keys(it.at).length === 0 ? it.place : `${it.place} (${describePlace(it.at)})`;
  return [
    `  broken   ${it.law}: ${it.lawText}${own ? "" : " (not what the entry was saved for)"}`,
    `           expected ${it.expected}`,
    `           received ${it.received}`,
    `           where    ${where}`,
  ];
}

function verdict(
  { entry, laws }: EntryCase,
  result: ReplayResult,
  paint: (failed: boolean, text: string) => string,
): string {
  if (result.stillFails) return paint(true, `still fails: ${result.broken.join(", ")}`);
  const others = result.broken.length > 0 ? `, but breaks ${result.broken.join(", ")}` : "";
  const held = `no longer fails: ${entry.law} holds at ${entry.place}${others}`;
  return paint(others !== "", `${held}; ${result.applied.length} of ${laws.length} laws had something to check`);
}

/** Shrinks what the entry was saved for. It keeps what people wrote, and is rewritten only by a smaller recipe. */
function shrinkEntry(opened: EntryCase, result: ReplayResult, io: Io): void {
  const { entry, engine, laws, file } = opened;
  const finding = result.findings.find((it) => it.signature === entry.signature);
  if (finding === undefined) {
    print(io.stdout, ["not shrunk: it no longer fails as saved"]);
    return;
  }
  const property = findProperty(opened.properties, entry.property);
  if (property === undefined) {
    throw new HarnessError(
      "no-property",
      `expected the property ${entry.property}, whose ranges shrinking keeps to, found none of that name; ` +
        `give the module that has it with --properties FILE`,
    );
  }
  const shrunk = shrink({ source: property.recipes, engine, laws, recipe: entry.recipe, finding });
  if (shrunk.steps === 0) {
    print(io.stdout, [`not smaller: none of ${shrunk.tried} smaller recipes fails in the same way`]);
    return;
  }
  const { expected, received } = shrunk.finding;
  writeWhole(file, formatEntry({ ...entry, recipe: shrunk.recipe, expected, received }));
  const end = shrunk.ended === "smallest" ? "" : ", perhaps not to the smallest";
  print(io.stdout, [
    `shrunk in ${shrunk.steps} steps${end}: ${describeRecipe(shrunk.recipe)}`,
    `saved: ${shownPath(file, io)}`,
  ]);
}
