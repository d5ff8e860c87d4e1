/** Carrying out a saved case again. */
import { Digest } from "../bytes/digest.js";
import type { CorpusEntry } from "../corpus/entry.js";
import type { Engine } from "../engine/Engine.js";
import type { Law } from "../laws/law.js";
import { type CheckedRun, type CheckOptions, checkLaws } from "./checkRun.js";

export interface ReplayResult extends CheckedRun {
  /** Digest of the whole run, in hex: equal for equal runs. */
  readonly digest: string;
  /** The entry's own signature was found again. */
  readonly stillFails: boolean;
}

/** Runs the entry's recipe under the laws given, which may be more than the one that it was saved for. */
export function replayEntry(
  entry: CorpusEntry,
  engine: Engine,
  laws: readonly Law[],
  options: CheckOptions = {},
): ReplayResult {
  const checked = checkLaws(entry.recipe, engine, laws, options);
  const stillFails = checked.findings.some(({ signature }) => signature === entry.signature);
  return { ...checked, digest: new Digest().value(checked.run).hex(), stillFails };
}
