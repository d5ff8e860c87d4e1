/** `skbcheck show`: draws a saved case as it goes now. */
import { palette, wantsColour } from "../report/palette.js";
import { showRun } from "../report/showRun.js";
import type { Deps } from "../runner/deps.js";
import { replayEntry } from "../runner/replay.js";
import type { Args, Command } from "./Command.js";
import { ENTRY_FLAGS, ENTRY_NOTES, openEntry } from "./entryCase.js";
import { type ExitCode, type Io, NOTHING_FOUND } from "./Io.js";

export const show: Command = {
  name: "show",
  about: "draws a saved case: the skb graph, the holders, the steps, the law that broke",
  positionals: { usage: "ENTRY", min: 1, max: 1 },
  flags: ENTRY_FLAGS,
  notes: ENTRY_NOTES,
  run: runShow,
};

async function runShow(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  const { entry, engine, laws, replay } = await openEntry(args, io, deps);
  const { run, findings } = replayEntry(entry, engine, laws, { trace: true });
  const breaches = findings.map(({ law, lawText, expected, received, at }) => ({
    law,
    sentence: lawText,
    expected,
    received,
    at,
  }));
  const { title, why, property } = entry;
  const colours = palette(wantsColour(io.stdout.isTTY, io.env));
  io.stdout.write(showRun(run, { title, why, property, breaches, replay }, colours));
  return NOTHING_FOUND;
}
