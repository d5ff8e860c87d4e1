/** A well-formed entry for tests. */
import { schema } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { type CorpusEntry, ENTRY_FORMAT } from "../entry.js";

export const sampleEntry = (changes: Partial<CorpusEntry> = {}): CorpusEntry => ({
  format: ENTRY_FORMAT,
  title: "payload-preserved at payload",
  why: "",
  property: "flood/keeps-bytes",
  kernel: "mainline",
  bugs: [],
  law: "payload-preserved",
  place: "payload",
  signature: "payload-preserved@payload",
  seed: 42,
  index: 6,
  runsToFind: 7,
  foundBy: "0.1.0",
  expected: "00",
  received: "01",
  recipe: leastOf(schema.packets),
  ...changes,
});
