/**
 * What the commands work with, given in so that a test can put its own in place. The real ones are loaded when they are
 * first asked for: `skbcheck --help` need not wait for the model.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { HarnessError, messageOf } from "../corpus/HarnessError.js";
import type { Engine } from "../engine/Engine.js";
import type { Law } from "../laws/law.js";
import type { Property } from "./property.js";

/** Which kernel is carried out: a plain release or mainline, and bugs switched on besides. */
export interface KernelChoice {
  /** Undefined for mainline. */
  readonly release: string | undefined;
  readonly bugs: readonly string[];
}

/** A historical bug, as far as the listing needs it. */
export interface BugFacts {
  readonly id: string;
  readonly fixedBy: { readonly commit: string; readonly subject: string };
  readonly introduced: string;
  readonly fixedIn: string;
  readonly releases: Readonly<Record<string, string>>;
}

export interface ReleaseFacts {
  readonly name: string;
  readonly differences: readonly string[];
}

export interface VectorOutcome {
  readonly id: string;
  readonly passed: boolean;
  readonly differences: readonly string[];
}

/** A recorded case that was read and found well-formed. */
export interface VectorCase {
  readonly id: string;
  readonly topology: string;
  /** What keeps it from being carried out. */
  readonly notModelled: string | undefined;
  readonly run: () => VectorOutcome;
}

/** A recorded case in which the model is known to do something else. */
export interface Divergence {
  readonly id: string;
  readonly reason: string;
}

export interface VectorSuite {
  /** The case of one parsed JSON value, or one sentence about what is wrong with it. */
  readonly read: (value: unknown) => VectorCase | string;
  /** The list in one parsed JSON value, or one sentence about what is wrong with it. */
  readonly readDivergences: (value: unknown) => readonly Divergence[] | string;
}

export interface Deps {
  readonly version: string;
  /** Where the package's own corpus lies. */
  readonly packageDir: string;
  /** The properties of a module; the package's own without one. */
  readonly loadProperties: (file: string | undefined) => Promise<readonly Property[]>;
  readonly laws: () => Promise<readonly Law[]>;
  readonly engineFor: (kernel: KernelChoice) => Promise<Engine>;
  readonly bugs: () => Promise<readonly BugFacts[]>;
  readonly releases: () => Promise<readonly ReleaseFacts[]>;
  readonly vectors: (kernel: KernelChoice) => Promise<VectorSuite>;
}

export function realDeps(): Deps {
  const packageDir = findPackageDir(dirname(fileURLToPath(import.meta.url)));
  const { version } = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8")) as { version: string };
  return {
    version,
    packageDir,
    loadProperties: (file) => loadProperties(file ?? join(packageDir, "dist", "properties", "index.js")),
    laws: async () => (await import("../laws/all.js")).allLaws,
    engineFor: async (choice) => {
      const { modelEngine } = await import("../engine/model/modelEngine.js");
      return modelEngine(await kernelOf(choice));
    },
    bugs: async () => (await import("../kernel/bugs/list.js")).bugs,
    releases: async () => (await import("../kernel/releases.js")).releases,
    vectors: async (choice) => {
      const { divergencesParser } = await import("../engine/model/vectors/divergences.js");
      const { vectorRecordParser } = await import("../engine/model/vectors/record.js");
      const { runVector, whyNotModelled } = await import("../engine/model/vectors/runVector.js");
      const kernel = await kernelOf(choice);
      return {
        read(value) {
          const parsed = vectorRecordParser.safeParse(value);
          if (!parsed.success) return firstIssue(parsed.error.issues);
          const record = parsed.data;
          return {
            id: record.id,
            topology: record.topology,
            notModelled: whyNotModelled(record),
            run: () => runVector(record, kernel),
          };
        },
        readDivergences(value) {
          const parsed = divergencesParser.safeParse(value);
          return parsed.success ? parsed.data : firstIssue(parsed.error.issues);
        },
      };
    },
  };
}

async function kernelOf({ release, bugs }: KernelChoice) {
  const { kernelFor } = await import("../kernel/kernelFor.js");
  try {
    return kernelFor(release, bugs);
  } catch (error) {
    throw new HarnessError("unknown-kernel", messageOf(error));
  }
}

/** Loads a module that exports `properties`. */
export async function loadProperties(file: string): Promise<readonly Property[]> {
  if (!existsSync(file)) {
    throw new HarnessError(
      "no-properties",
      `expected a module with properties at ${file}, found no such file; build the package or give --properties FILE`,
    );
  }
  let module: { readonly properties?: unknown };
  try {
    module = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new HarnessError(
      "bad-properties",
      `expected a JavaScript module at ${file}, but loading it failed: ${messageOf(error)}; ` +
        `mend it or give another --properties FILE`,
    );
  }
  const { properties } = module;
  if (!Array.isArray(properties) || properties.length === 0 || !properties.every(isProperty)) {
    throw new HarnessError(
      "bad-properties",
      `expected ${file} to export "properties", a list of objects with name, says, recipes and laws, ` +
        `got something else; see docs/ for an example`,
    );
  }
  return properties;
}

function isProperty(value: unknown): value is Property {
  const it = value as Partial<Property> | null;
  return (
    typeof it?.name === "string" &&
    typeof it.says === "string" &&
    typeof it.recipes === "object" &&
    Array.isArray(it.laws)
  );
}

function firstIssue(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  const [first] = issues;
  return first ? `${first.path.map(String).join(".") || "the record"}: ${first.message}` : "it is not a record";
}

/** The nearest folder upwards that has the package's package.json: the sources and dist lie at different depths. */
function findPackageDir(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, "package.json"))) return dir;
    if (dirname(dir) === dir)
      throw new HarnessError(
        "no-package",
        `expected a package.json above ${from}, found none; install the package again`,
      );
  }
}
