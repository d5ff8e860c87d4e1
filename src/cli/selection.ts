/** What the shared flags select: the kernel, the properties, the laws for an entry. */
import type { CorpusEntry } from "../corpus/entry.js";
import { HarnessError } from "../corpus/HarnessError.js";
import type { Law } from "../laws/law.js";
import type { Deps, KernelChoice } from "../runner/deps.js";
import type { Property } from "../runner/property.js";
import type { Args, Flag } from "./Command.js";
import { suggestion } from "./suggest.js";
import { matchesGlob } from "./values.js";

export const KERNEL_FLAGS: Readonly<Record<string, Flag>> = {
  kernel: { value: "RELEASE", about: "carry out this release, such as v6.4; mainline unless given" },
  bug: { value: "ID", repeatable: true, about: "switch a historical bug on, besides those of --kernel" },
};
export const PROPERTIES_FLAG: Flag = {
  value: "FILE",
  about: "a JavaScript module that exports properties; the package's own unless given",
};

export const MAINLINE = "mainline";
const mainline: KernelChoice = { release: undefined, bugs: [] };

export const isMainline = (choice: KernelChoice): boolean => choice.release === undefined && choice.bugs.length === 0;

/** The flags that say the same choice again: ` --kernel v6.4 --bug mss-overflow`; nothing for mainline. */
export const kernelFlagsOf = ({ release, bugs }: KernelChoice): string =>
  [...(release === undefined ? [] : [` --kernel ${release}`]), ...bugs.map((id) => ` --bug ${id}`)].join("");

/**
 * The kernel that `--kernel` and `--bug` name. When either is given, both replace what was saved: a saved bug would
 * otherwise make `--kernel mainline` something else than mainline.
 *
 * @throws {HarnessError} for a name that does not exist.
 */
export async function chooseKernel(args: Args, deps: Deps, saved: KernelChoice = mainline): Promise<KernelChoice> {
  const chosen =
    args.has("kernel") || args.has("bug")
      ? { release: args.value("kernel"), bugs: [...new Set(args.values("bug"))] }
      : saved;
  const release = chosen.release === undefined ? MAINLINE : await releaseNamed(chosen.release, deps);
  await checkBugs(deps, chosen.bugs);
  return { release: release === MAINLINE ? undefined : release, bugs: chosen.bugs };
}

/**
 * The release's own name for what somebody typed, who may leave the v out; `mainline` is one of them.
 *
 * @throws {HarnessError} for a release that is not modelled.
 */
export async function releaseNamed(typed: string, deps: Deps): Promise<string> {
  const names = [MAINLINE, ...(await deps.releases()).map((it) => it.name)];
  const name = names.find((it) => it === typed || it === `v${typed}`);
  if (name !== undefined) return name;
  throw new HarnessError(
    "unknown-kernel",
    `--kernel: expected one of ${names.join(", ")}, got "${typed}"${suggestion(typed, names)}`,
  );
}

/** The kernel an entry was found on. */
export const kernelOfEntry = ({ kernel, bugs }: CorpusEntry): KernelChoice => ({
  release: kernel === MAINLINE ? undefined : kernel,
  bugs,
});

async function checkBugs(deps: Deps, bugs: readonly string[]): Promise<void> {
  if (bugs.length === 0) return;
  const ids = (await deps.bugs()).map((it) => it.id);
  for (const id of bugs) {
    if (ids.includes(id)) continue;
    throw new HarnessError(
      "unknown-bug",
      `--bug: expected the id of a historical bug, got "${id}"${suggestion(id, ids)}; for a list use: skbcheck bugs`,
    );
  }
}

/** The properties that match any of the globs; all without globs. Each glob must match something. */
export function chooseProperties(all: readonly Property[], globs: readonly string[]): readonly Property[] {
  const names = all.map((it) => it.name);
  for (const glob of globs) {
    if (names.some((name) => matchesGlob(glob, name))) continue;
    throw new HarnessError(
      "unknown-property",
      `--property: expected the name of a property or a pattern that matches one, ` +
        `got "${glob}"${suggestion(glob, names)}; for a list use: skbcheck properties`,
    );
  }
  return globs.length === 0 ? all : all.filter((it) => globs.some((glob) => matchesGlob(glob, it.name)));
}

/**
 * The laws that an entry is held to: those of its property, and the one it broke; every law when the property is gone.
 */
export function lawsForEntry(entry: CorpusEntry, properties: readonly Property[], all: readonly Law[]): readonly Law[] {
  const own = properties.find((it) => it.name === entry.property)?.laws;
  if (own === undefined) return all;
  if (own.some((it) => it.name === entry.law)) return own;
  return [...own, ...all.filter((it) => it.name === entry.law)];
}

export const findProperty = (properties: readonly Property[], name: string): Property | undefined =>
  properties.find((it) => it.name === name);
