/** `skbcheck bugs`: the historical bugs, and which a release has. */
import { palette, wantsColour } from "../report/palette.js";
import { table } from "../report/table.js";
import type { Deps } from "../runner/deps.js";
import { type Args, type Command, NO_POSITIONALS } from "./Command.js";
import { type ExitCode, type Io, NOTHING_FOUND, print } from "./Io.js";
import { MAINLINE, releaseNamed } from "./selection.js";

export const bugs: Command = {
  name: "bugs",
  about: "lists the historical bugs; with --kernel says which of them a release has",
  positionals: NO_POSITIONALS,
  flags: { kernel: { value: "RELEASE", about: "say of each bug whether it is present, fixed or absent there" } },
  run: runBugs,
};

async function runBugs(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  const all = await deps.bugs();
  const given = args.value("kernel");
  const colours = palette(wantsColour(io.stdout.isTTY, io.env));
  if (given === undefined) {
    const rows = all.map((it) => [it.id, it.introduced, it.fixedIn, it.fixedBy.subject]);
    print(io.stdout, [...table([["bug", "introduced", "fixed in", "fix"], ...rows]), `${all.length} bugs`]);
    return NOTHING_FOUND;
  }
  const release = await releaseNamed(given, deps);
  // Mainline is the kernel in which every bug is fixed.
  const stateOf = (it: (typeof all)[number]): string =>
    release === MAINLINE ? "fixed" : (it.releases[release] ?? "unknown");
  const rows = all.map((it) => [it.id, stateOf(it), it.fixedIn, it.fixedBy.subject]);
  const lines = table([["bug", release, "fixed in", "fix"], ...rows]);
  const present = all.filter((it) => stateOf(it) === "present").length;
  print(io.stdout, [
    ...lines.map((line, i) => (rows[i - 1]?.[1] === "present" ? colours.changed(line) : line)),
    `${present} of ${all.length} bugs are present in ${release}`,
  ]);
  return NOTHING_FOUND;
}
