/** What the design promises and this version does not do yet: refused by name, each with what to do instead. */

export const LATER_COMMANDS: Readonly<Record<string, string>> = {
  export: "export is not part of this version; to look at an entry use: skbcheck show ENTRY",
  compare: "compare is not part of this version; to compare with recorded kernel cases use: skbcheck vectors FILE",
  record: "record is not part of this version; to compare with recorded kernel cases use: skbcheck vectors FILE",
  report: "report is not part of this version; the result as data comes from: skbcheck fuzz --json FILE",
};

export const LATER_CORPUS_COMMANDS: Readonly<Record<string, string>> = {
  merge: "corpus merge is not part of this version; copy the entries and then use: skbcheck corpus check",
  prune: "corpus prune is not part of this version; to see which entries hold use: skbcheck corpus check",
};

export const LATER_FLAGS: Readonly<Record<string, string>> = {
  html: "--html is not part of this version; use --json FILE",
  junit: "--junit is not part of this version; use --json FILE",
};

/** Why an engine cannot be had, or undefined for the one that can. */
export function refuseEngine(name: string): string | undefined {
  if (name === "model") return undefined;
  if (name === "linux" || name === "vm") return `--engine ${name} is not part of this version; use --engine model`;
  return `--engine: expected model, got "${name}"`;
}
