/** `skbcheck fuzz`: the saved findings first, then drawn recipes until the budget is spent. */
import { join } from "node:path";
import { writeWhole } from "../corpus/atomicFile.js";
import { formatEntry } from "../corpus/entry.js";
import { HarnessError, messageOf } from "../corpus/HarnessError.js";
import { CorpusStore, type SavedEntry } from "../corpus/store.js";
import type { Engine } from "../engine/Engine.js";
import { counted } from "../report/counted.js";
import { formatResult } from "../report/json.js";
import { palette, wantsColour } from "../report/palette.js";
import { Progress } from "../report/progress.js";
import { findingText, knownText, summaryText } from "../report/text.js";
import { type CampaignFinding, type CampaignResult, runCampaign } from "../runner/campaign.js";
import type { Deps } from "../runner/deps.js";
import { type Args, type Command, NO_POSITIONALS } from "./Command.js";
import { budgetText, FUZZ_FLAGS, type FuzzOptions, readFuzzOptions } from "./fuzzOptions.js";
import { COULD_NOT_RUN, type ExitCode, FOUND, type Io, NOTHING_FOUND, print, type Sink } from "./Io.js";
import { replayLine, scratchDirOf, shownPath } from "./places.js";
import { type CorpusReplay, replayCorpus } from "./replayCorpus.js";
import { jsonOf, type Reported, reportedDrawn, textOf } from "./reported.js";
import { entryOfFinding } from "./savedFinding.js";
import { isMainline, kernelFlagsOf } from "./selection.js";

/** A case and its shrinking are finished after the time is up, but not for longer than this. */
const GRACE_SECONDS = 20;

export const fuzz: Command = {
  name: "fuzz",
  about: "draws recipes, carries them out and holds the laws against the runs",
  positionals: NO_POSITIONALS,
  flags: FUZZ_FLAGS,
  notes: [
    "Saved findings are carried out first. New ones go to corpus/findings, those on other kernels to .fuzz/findings.",
    "Ctrl-C stops after the current case and prints what was found; a second one ends at once.",
  ],
  run: runFuzz,
};

async function runFuzz(args: Args, io: Io, deps: Deps): Promise<ExitCode> {
  const options = await readFuzzOptions(args, io, deps);
  const engine = await deps.engineFor(options.kernel);
  const session = new Session(options, engine, io, deps.version);
  const interrupt = new AbortController();
  const release = io.onInterrupt(() => interrupt.abort());
  try {
    return await session.run(deps, interrupt);
  } finally {
    release();
  }
}

/** One campaign: what it was asked for, and what it has found and printed so far. */
class Session {
  private readonly out: Sink;
  private readonly colours;
  private readonly progress: Progress;
  private readonly flags: string;
  private readonly reported: Reported[] = [];
  private readonly began: number;
  /** Where findings go: failures of mainline to the corpus, others out of git. */
  private readonly store: CorpusStore;
  private saveProblem: string | undefined;
  /** Saved entries that were found to hold, by signature. */
  private readonly stale = new Map<string, SavedEntry>();

  constructor(
    private readonly options: FuzzOptions,
    private readonly engine: Engine,
    private readonly io: Io,
    private readonly version: string,
  ) {
    this.began = io.now();
    // With the JSON on stdout people read stderr.
    this.out = options.json === "-" ? io.stderr : io.stdout;
    this.colours = palette(wantsColour(this.out.isTTY, io.env));
    this.progress = new Progress({
      write: io.stderr.write,
      isTTY: io.stderr.isTTY,
      columns: () => io.stderr.columns,
      now: io.now,
      colours: palette(wantsColour(io.stderr.isTTY, io.env)),
    });
    this.flags = kernelFlagsOf(options.kernel) + options.propertiesFlag;
    this.store = new CorpusStore(
      isMainline(options.kernel) ? join(options.corpus, "findings") : scratchDirOf(options.kernel, io),
    );
  }

  async run(deps: Deps, interrupt: AbortController): Promise<ExitCode> {
    const { options, engine } = this;
    const count = options.properties.length;
    const shard = options.shard ? `, shard ${options.shard.index + 1}/${options.shard.count}` : "";
    this.say([
      `seed ${options.seed}, kernel ${engine.kernel}, engine ${engine.name}, ` +
        `${counted(count, "property")}, ${budgetText(options)}${shard}`,
    ]);
    const entries = new CorpusStore(join(options.corpus, "findings")).readAll();
    const known = new Map(
      entries.filter((it) => it.entry.known).map((it) => [it.entry.signature, shownPath(it.file, this.io)]),
    );
    const replayHere = isMainline(options.kernel) && (options.shard?.index ?? 0) === 0;
    const corpus = replayCorpus({
      entries: replayHere ? entries : [],
      engine,
      properties: options.allProperties,
      laws: await deps.laws(),
      known,
      stopped: () => interrupt.signal.aborted,
      flags: this.flags,
      io: this.io,
    });
    this.takeCorpus(corpus);
    const result = await this.campaign(known, interrupt);
    return this.conclude(result, interrupt.signal.aborted);
  }

  private takeCorpus(corpus: CorpusReplay): void {
    if (corpus.replayed > 0) this.say([`${counted(corpus.replayed, "saved finding")} carried out again`]);
    for (const it of corpus.mended) {
      this.stale.set(it.entry.signature, it);
      this.say([`mended: ${shownPath(it.file, this.io)} no longer fails; move it to corpus/seeds or delete it`]);
    }
    for (const it of corpus.reported) this.take(it);
  }

  private async campaign(known: ReadonlyMap<string, string>, interrupt: AbortController): Promise<CampaignResult> {
    const { options, engine, io } = this;
    const spent = (io.now() - this.began) / 1000;
    const seconds = options.seconds === undefined ? undefined : Math.max(0.001, options.seconds - spent);
    const enough = options.failFast && this.newOnes().length > 0;
    const deadline = new AbortController();
    const timer =
      seconds === undefined ? undefined : setTimeout(() => deadline.abort(), (seconds + GRACE_SECONDS) * 1000);
    if (enough) deadline.abort();
    try {
      return await runCampaign(
        {
          engine,
          properties: options.properties,
          seed: options.seed,
          runs: options.runs,
          seconds,
          shard: options.shard,
          failFast: options.failFast,
          known,
          replayFlags: this.flags.trim(),
          now: io.now,
          signal: AbortSignal.any([interrupt.signal, deadline.signal]),
        },
        {
          save: (finding) => this.save(finding),
          shrunk: (finding) => this.takeDrawn(finding),
          progress: (it) =>
            this.progress.update({
              runs: it.runs,
              runsPerSecond: it.runsPerSecond,
              secondsLeft: seconds === undefined ? undefined : seconds - it.seconds,
              newFindings: Math.max(it.findings, this.newOnes().length),
              knownFindings: this.reported.filter((one) => one.known).length,
              doing: it.shrinking === "" ? it.property : `shrinking ${it.shrinking}`,
            }),
        },
      );
    } finally {
      clearTimeout(timer);
      this.progress.clear();
    }
  }

  /** Keeps a finding at once, unshrunk, and again when it is smaller. A full disk must not end the campaign. */
  private save(finding: CampaignFinding): string | undefined {
    if (!this.options.save || finding.known) return undefined;
    const entry = entryOfFinding(finding, this.options.kernel, this.version);
    try {
      const stale = this.stale.get(finding.signature);
      if (stale === undefined) return this.store.save(entry);
      // The saved recipe holds now, however small it is: the one that fails takes its place.
      this.stale.delete(finding.signature);
      writeWhole(stale.file, formatEntry({ ...entry, title: stale.entry.title, why: stale.entry.why }));
      return stale.file;
    } catch (error) {
      this.saveProblem ??= `${messageOf(error)}; make ${this.store.dir} writable or use --no-save`;
      return undefined;
    }
  }

  private takeDrawn(finding: CampaignFinding): void {
    const file = finding.entry;
    // Unsaved, it is found again by drawing it again: that line the campaign has made.
    if (file === "" || finding.known) this.take(reportedDrawn(finding, file, finding.replay));
    else this.take(reportedDrawn(finding, shownPath(file, this.io), replayLine(file, this.flags, this.io)));
  }

  /** Notes a finding, and prints it unless it is known. A signature is taken once. */
  private take(it: Reported): void {
    const earlier = this.reported.findIndex((one) => one.signature === it.signature);
    if (earlier >= 0) return;
    this.reported.push(it);
    if (!it.known) this.say(["", ...findingText(textOf(it), this.colours)]);
  }

  private newOnes(): Reported[] {
    return this.reported.filter((it) => !it.known);
  }

  private conclude(result: CampaignResult, interrupted: boolean): ExitCode {
    // Known findings are not shrunk, and those cut short by Ctrl-C not announced: whatever is left is taken here.
    for (const finding of result.findings) this.takeDrawn(finding);
    const known = this.reported.filter((it) => it.known);
    const timesOf = new Map(result.findings.map((it) => [it.signature, it.times]));
    const neverApplied = result.runs === 0 ? [] : result.laws.filter((it) => it.applied === 0).map((it) => it.name);
    this.say([
      "",
      ...known.map((it) => knownText({ ...it, times: timesOf.get(it.signature) ?? it.times })),
      ...summaryText(
        {
          runs: result.runs,
          seconds: (this.io.now() - this.began) / 1000,
          runsPerSecond: result.runsPerSecond,
          properties: result.properties.length,
          newFindings: this.newOnes().length,
          knownFindings: known.length,
          ended: interrupted
            ? "stopped by Ctrl-C"
            : result.stopped === "fail-fast"
              ? "stopped at the first finding"
              : "",
          neverApplied,
        },
        this.colours,
      ),
    ]);
    this.writeJson(result);
    if (this.saveProblem !== undefined) {
      print(this.io.stderr, [`skbcheck: ${this.saveProblem}`]);
      return COULD_NOT_RUN;
    }
    return this.newOnes().length > 0 ? FOUND : NOTHING_FOUND;
  }

  private writeJson(result: CampaignResult): void {
    const { json, seed } = this.options;
    if (json === undefined) return;
    const { kernel, engine, runs, seconds, runsPerSecond, properties, laws } = result;
    const findings = this.reported.map(jsonOf);
    const text = formatResult({
      version: 1,
      seed,
      kernel,
      engine,
      runs,
      seconds,
      runsPerSecond,
      properties: [...properties],
      laws: [...laws],
      findings,
    });
    if (json === "-") this.io.stdout.write(text);
    else writeResult(json, text);
  }

  private say(lines: readonly string[]): void {
    this.progress.clear();
    print(this.out, lines);
  }
}

function writeResult(file: string, text: string): void {
  try {
    writeWhole(file, text);
  } catch (error) {
    throw new HarnessError(
      "cannot-write",
      `--json: expected to write ${file}, but ${messageOf((error as Error).cause ?? error)}; ` +
        `give a path that can be written`,
    );
  }
}
