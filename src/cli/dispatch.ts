/** Finds the command, runs it, and turns what it throws into one sentence and an exit code. */
import { HarnessError, messageOf } from "../corpus/HarnessError.js";
import { table } from "../report/table.js";
import type { Deps } from "../runner/deps.js";
import { bugs } from "./bugs.js";
import type { Command } from "./Command.js";
import { corpus } from "./corpus.js";
import { fuzz } from "./fuzz.js";
import { COULD_NOT_RUN, type ExitCode, type Io, NOTHING_FOUND, print } from "./Io.js";
import { kernels } from "./kernels.js";
import { LATER_COMMANDS } from "./later.js";
import { laws } from "./laws.js";
import { COMMON_FLAGS, parseCommandLine } from "./parseCommandLine.js";
import { properties } from "./properties.js";
import { replay } from "./replay.js";
import { show } from "./show.js";
import { suggestion } from "./suggest.js";
import { vectors } from "./vectors.js";

export const commands: readonly Command[] = [fuzz, replay, show, vectors, corpus, bugs, kernels, laws, properties];

/** Carries out `skbcheck <words>`. Never throws: whatever goes wrong is one line on stderr and exit code 2. */
export async function dispatch(words: readonly string[], io: Io, deps: () => Deps): Promise<ExitCode> {
  try {
    return await carryOut(words, io, deps);
  } catch (error) {
    print(io.stderr, [`skbcheck: ${sentenceOf(error)}`]);
    return COULD_NOT_RUN;
  }
}

async function carryOut(words: readonly string[], io: Io, deps: () => Deps): Promise<ExitCode> {
  const [name, ...rest] = words;
  if (name === "--version") return printVersion(io, deps());
  if (name === "--help" || name === "-h" || name === "help") {
    const asked = commands.find((it) => it.name === rest[0]);
    print(io.stdout, asked ? commandHelp(asked) : generalHelp());
    return NOTHING_FOUND;
  }
  const command = commandNamed(name);
  const args = parseCommandLine(command, rest);
  if (args.has("help")) {
    print(io.stdout, commandHelp(command));
    return NOTHING_FOUND;
  }
  if (args.has("version")) return printVersion(io, deps());
  return command.run(args, io, deps());
}

function commandNamed(name: string | undefined): Command {
  const names = commands.map((it) => it.name);
  if (name === undefined) {
    throw new HarnessError(
      "bad-command",
      `expected a command, one of ${names.join(", ")}, got nothing; see: skbcheck --help`,
    );
  }
  const command = commands.find((it) => it.name === name);
  if (command !== undefined) return command;
  const later = Object.hasOwn(LATER_COMMANDS, name) ? LATER_COMMANDS[name] : undefined;
  if (later !== undefined) throw new HarnessError("not-in-this-version", later);
  const what = name.startsWith("-") ? `flag "${name}" in front` : `"${name}"`;
  throw new HarnessError(
    "bad-command",
    `expected a command, got ${what}${suggestion(name, names)}; see: skbcheck --help`,
  );
}

function printVersion(io: Io, deps: Deps): ExitCode {
  print(io.stdout, [`skbcheck ${deps.version}`]);
  return NOTHING_FOUND;
}

function generalHelp(): string[] {
  return [
    "skbcheck: property-based fuzzing for packet segmentation",
    "",
    "usage: skbcheck COMMAND [flags]",
    "",
    ...table(
      commands.map((it) => [it.name, it.about]),
      "  ",
    ),
    "",
    "skbcheck COMMAND --help says what a command takes.",
    "Exit codes: 0 nothing found or only known, 1 findings, 2 could not run.",
  ];
}

function commandHelp({ name, about, positionals, flags, notes = [] }: Command): string[] {
  const rows = Object.entries({ ...flags, ...COMMON_FLAGS }).map(([flag, { value, repeatable, about: says }]) => [
    value === undefined ? `--${flag}` : `--${flag} ${value}`,
    repeatable ? `${says} (may be repeated)` : says,
  ]);
  const usage = ["usage: skbcheck", name, positionals.usage, "[flags]"].filter((it) => it !== "").join(" ");
  return [
    `skbcheck ${name}: ${about}`,
    "",
    usage,
    "",
    ...table(rows, "  "),
    ...(notes.length > 0 ? ["", ...notes] : []),
  ];
}

/** A HarnessError is a sentence already. Anything else is a defect of this program, and says so without its stack. */
function sentenceOf(error: unknown): string {
  if (error instanceof HarnessError) return error.message;
  const what = messageOf(error).replace(/\s*[\r\n]+\s*/g, " ");
  return `could not go on, which is a defect of skbcheck: ${what}; please report it with the command that was typed`;
}
