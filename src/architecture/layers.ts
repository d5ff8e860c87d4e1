/**
 * The layers of `src/` and what each may import. The architecture test holds every file to this table
 * (docs/architecture.md tells what the layers are for).
 */

export interface Layer {
  /** Folder under `src/`. The longest that fits a file is the file's layer. */
  readonly folder: string;
  /** Layers whose values and types it may use, besides its own. */
  readonly mayImport: readonly string[];
  /** Layers of which it may use types alone. */
  readonly typesOf?: readonly string[];
}

const NET = ["abi", "bytes", "wire", "memory", "skb"];
const KERNEL = [...NET, "net"];
const MODEL = [...KERNEL, "interleave", "recipe", "kernel"];
const ENGINES = ["engine", "engine/model", "engine/linux"];
const SAVED = ["abi", "bytes", "wire", "recipe"];

/** From the ground up. */
export const layers: readonly Layer[] = [
  { folder: "abi", mayImport: [] },
  { folder: "bytes", mayImport: [] },
  { folder: "wire", mayImport: ["bytes"] },
  { folder: "memory", mayImport: ["bytes"] },
  { folder: "interleave", mayImport: ["bytes"] },
  { folder: "recipe", mayImport: ["bytes", "wire"] },
  { folder: "skb", mayImport: ["abi", "bytes", "memory"] },
  { folder: "net", mayImport: NET },
  { folder: "kernel", mayImport: KERNEL },
  { folder: "engine", mayImport: ["recipe"] },
  { folder: "engine/model", mayImport: [...MODEL, "engine"] },
  { folder: "engine/linux", mayImport: [...SAVED, "engine"] },
  { folder: "arbitraries", mayImport: ["recipe"] },
  { folder: "laws", mayImport: SAVED },
  { folder: "corpus", mayImport: SAVED, typesOf: ["laws"] },
  { folder: "report", mayImport: SAVED, typesOf: ["laws"] },
  { folder: "export", mayImport: SAVED, typesOf: ["laws"] },
  { folder: "runner", mayImport: [...MODEL, ...ENGINES, "arbitraries", "laws", "corpus", "report", "export"] },
  { folder: "cli", mayImport: ["runner", "report", "export", "corpus"], typesOf: ["recipe", "laws", "engine"] },
  { folder: "architecture", mayImport: [] },
];

/** What a declared property may see: `skb` and `net` are left to unit tests. Files, or folders. */
export const propertiesMayImport: readonly string[] = [
  "src/arbitraries",
  "src/laws",
  "src/runner/property.ts",
  "src/engine",
  "src/kernel",
  "src/recipe",
];

/** Only these modules of ours may import the package. */
export const packageHomes: Readonly<Record<string, string>> = { "fast-check": "src/arbitraries/fastCheck.ts" };

/** Test support: only tests under the second folder may import from the first. */
export const testSupport: readonly { readonly folder: string; readonly testsOf: string }[] = [
  { folder: "src/laws/testing", testsOf: "src" },
];

/** Layers that may ask the clock or draw numbers of their own; everywhere else a case depends on its recipe alone. */
export const mayUseTheClock: readonly string[] = ["runner", "cli", "report", "corpus"];

/** The longest a file under `src/` may be. */
export const MAX_LINES = 400;
