/** From the names that a user types to a kernel. */
import { bugs } from "./bugs/list.js";
import { type HistoricalBug, RELEASES, type Release } from "./historicalBug.js";
import { type Kernel, mainline, unfixed } from "./Kernel.js";
import { differences } from "./releases.js";

/** A name that no release and no bug has. `known` are the names that would do. */
export class UnknownKernelName extends Error {
  override readonly name = "UnknownKernelName";

  constructor(
    readonly kind: "kernel" | "bug",
    readonly given: string,
    readonly known: readonly string[],
  ) {
    super(`there is no ${kind} "${given}"; known: ${known.join(", ")}`);
  }
}

/**
 * Mainline, or a release, with the named bugs and what they require switched on.
 *
 * @param release `v6.4`, also without the v; undefined or `mainline` for mainline
 * @throws UnknownKernelName
 */
export function kernelFor(release: string | undefined, bugIds: readonly string[]): Kernel {
  const wanted = release === undefined || release === "mainline" ? undefined : releaseNamed(release);
  const on = new Set<string>();
  for (const id of bugIds) switchOn(bugNamed(id), on);
  if (wanted !== undefined) {
    for (const bug of bugs) if (bug.releases[wanted] === "present") switchOn(bug, on);
  }
  let seams = mainline.seams;
  if (wanted !== undefined) {
    for (const difference of differences) {
      if (difference.in.includes(wanted)) seams = unfixed(seams, difference.unfix);
    }
  }
  for (const bug of bugs) if (on.has(bug.id)) seams = unfixed(seams, bug.unfix);
  return {
    name: [wanted ?? "mainline", ...bugIds].join("+"),
    bugs: bugs.filter((bug) => on.has(bug.id)).map((bug) => bug.id),
    seams,
  };
}

/** Mainline with exactly these bugs and what they require. */
export const kernelWith = (...with_: readonly HistoricalBug[]): Kernel =>
  kernelFor(
    undefined,
    with_.map((bug) => bug.id),
  );

function switchOn(bug: HistoricalBug, on: Set<string>): void {
  if (on.has(bug.id)) return;
  on.add(bug.id);
  for (const id of bug.requires) switchOn(bugNamed(id), on);
}

function bugNamed(id: string): HistoricalBug {
  const bug = bugs.find((one) => one.id === id);
  if (bug === undefined)
    throw new UnknownKernelName(
      "bug",
      id,
      bugs.map((one) => one.id),
    );
  return bug;
}

function releaseNamed(name: string): Release {
  const release = RELEASES.find((one) => one === name || one === `v${name}`);
  if (release === undefined) throw new UnknownKernelName("kernel", name, ["mainline", ...RELEASES]);
  return release;
}
