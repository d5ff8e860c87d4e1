/** Carries out the saved findings of mainline before anything is drawn. */
import type { SavedEntry } from "../corpus/store.js";
import type { Engine } from "../engine/Engine.js";
import type { Law } from "../laws/law.js";
import type { Property } from "../runner/property.js";
import { replayEntry } from "../runner/replay.js";
import type { Io } from "./Io.js";
import { replayLine, shownPath } from "./places.js";
import { type Reported, reportedSaved } from "./reported.js";
import { lawsForEntry } from "./selection.js";

export interface CorpusReplay {
  readonly reported: readonly Reported[];
  /** Entries that were not accepted and no longer fail. */
  readonly mended: readonly SavedEntry[];
  readonly replayed: number;
}

export interface CorpusReplayOptions {
  readonly entries: readonly SavedEntry[];
  readonly engine: Engine;
  readonly properties: readonly Property[];
  readonly laws: readonly Law[];
  /** Signatures accepted as known, with their entries. */
  readonly known: ReadonlyMap<string, string>;
  readonly stopped: () => boolean;
  readonly flags: string;
  readonly io: Io;
}

/**
 * A new entry that still fails is a finding; a known one that still fails is listed; a known one that holds is an
 * error. Whatever else breaks in the same run is a finding of its own.
 */
export function replayCorpus(options: CorpusReplayOptions): CorpusReplay {
  const { entries, engine, properties, laws, known, flags, io } = options;
  const reported = new Map<string, Reported>();
  const mended: SavedEntry[] = [];
  let replayed = 0;
  for (const { file, entry } of entries) {
    if (options.stopped()) break;
    const result = replayEntry(entry, engine, lawsForEntry(entry, properties, laws));
    replayed++;
    const saved = { entry, file: shownPath(file, io), replay: replayLine(file, flags, io) };
    for (const finding of result.findings) {
      if (reported.has(finding.signature)) continue;
      const own = finding.signature === entry.signature;
      const history = own ? "saved earlier and still failing" : `seen when ${saved.file} was carried out again`;
      reported.set(
        finding.signature,
        reportedSaved(finding, { ...saved, known: known.has(finding.signature), history }),
      );
    }
    if (result.stillFails) continue;
    if (entry.known) reported.set(`no longer fails: ${file}`, noLongerFails(saved));
    else mended.push({ file, entry });
  }
  return { reported: [...reported.values()], mended, replayed };
}

function noLongerFails(saved: { entry: SavedEntry["entry"]; file: string; replay: string }): Reported {
  const { entry, file } = saved;
  const finding = {
    law: entry.law,
    lawText: "A finding accepted as known still fails.",
    place: "known finding",
    signature: entry.signature,
    expected: `${entry.law} still broken, as accepted: ${entry.why}`,
    received: `it holds now; if it was mended on purpose, delete ${file}`,
    at: {},
  };
  return reportedSaved(finding, { ...saved, known: false, history: "accepted as known" });
}
