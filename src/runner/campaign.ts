/**
 * A campaign: properties drawn in turn until the budget is used up, every distinct signature kept and made small.
 *
 * The findings are a function of the seed, the properties and the runs. The clock only decides where a time budget ends
 * and what the report says about speed.
 */
import { drawRecipe } from "../arbitraries/draw.js";
import { HarnessError } from "../corpus/HarnessError.js";
import type { Engine } from "../engine/Engine.js";
import { type Budget, checkBudget, type Shard, WHOLE } from "./budget.js";
import { type CampaignFinding, type CampaignResult, perSecond } from "./CampaignResult.js";
import { type CheckedRun, checkLaws } from "./checkRun.js";
import type { Finding } from "./finding.js";
import type { Property } from "./property.js";
import { nullRecorder, type RecordedCase, type Recorder, recordedEngine } from "./recorder.js";
import { DEFAULT_SHRINK_BUDGET, shrinkSteps } from "./shrink.js";
import { Tally } from "./Tally.js";

export type { CampaignFinding, CampaignResult, LawCount, PropertyCount } from "./CampaignResult.js";

/** How long a campaign works before it lets the event loop have its turn. */
const SLICE_MS = 50;

export interface CampaignOptions extends Budget {
  readonly engine: Engine;
  readonly properties: readonly Property[];
  readonly seed: number;
  /** @defaultValue the whole campaign */
  readonly shard?: Shard | undefined;
  /** End after the first case with a finding that is not known. @defaultValue false */
  readonly failFast?: boolean | undefined;
  /** Candidate runs for each finding; 0 leaves findings as drawn. @defaultValue 2000 */
  readonly shrinkBudget?: number | undefined;
  /** Signatures that were accepted as known, or a map from those to their entries. @defaultValue none */
  readonly known?: ReadonlySet<string> | ReadonlyMap<string, string> | undefined;
  /** Flags to repeat in replay lines, such as `--kernel v6.4`. @defaultValue none */
  readonly replayFlags?: string | undefined;
  /** @defaultValue one that keeps nothing */
  readonly recorder?: Recorder | undefined;
  /** Milliseconds from any origin. @defaultValue performance.now */
  readonly now?: (() => number) | undefined;
  /** Asked to end, by Ctrl-C: what was found so far is returned, as small as it got. */
  readonly signal?: AbortSignal | undefined;
}

export interface CampaignProgress {
  readonly runs: number;
  readonly seconds: number;
  readonly runsPerSecond: number;
  /** Distinct signatures that are not known. */
  readonly findings: number;
  readonly property: string;
  /** The signature that is being made smaller; empty between. */
  readonly shrinking: string;
}

export interface CampaignEvents {
  /**
   * Asked to keep a finding, at once as it was drawn and again when it was made small; returns the path of the entry.
   * Known findings are not offered.
   */
  save?(finding: CampaignFinding, stage: "found" | "shrunk"): string | undefined;
  /** A signature that this campaign had not seen, known ones included. */
  found?(finding: CampaignFinding): void;
  shrunk?(finding: CampaignFinding): void;
  /** Between slices of work, about every 50 ms, and at the end. */
  progress?(progress: CampaignProgress): void;
}

/**
 * Runs a campaign, giving the event loop a turn about every 50 ms. The case under way and its shrinking are finished
 * before a time budget ends the campaign.
 *
 * Throws a HarnessError: `bad-budget`, `bad-shard`, `no-properties`, or what an engine or a law threw, with the seed and
 * index of the case.
 */
export async function runCampaign(options: CampaignOptions, events: CampaignEvents = {}): Promise<CampaignResult> {
  const now = options.now ?? (() => performance.now());
  const campaign = new Campaign(options, events, now);
  let sliceEnd = now() + SLICE_MS;
  for (const _ of campaign.steps()) {
    if (now() < sliceEnd) continue;
    events.progress?.(campaign.progress());
    await new Promise((resume) => setImmediate(resume));
    sliceEnd = now() + SLICE_MS;
  }
  events.progress?.(campaign.progress());
  return campaign.result();
}

interface Case {
  readonly property: Property;
  readonly index: number;
  readonly drawn: ReturnType<typeof drawRecipe<CampaignFinding["recipe"]>>;
}

class Campaign {
  private readonly tally: Tally;
  private readonly shard: Shard;
  private readonly started: number;
  private property = "";
  private shrinking = "";
  private secondsShrinking = 0;
  /** Findings that are saved and not yet small. */
  private readonly waiting: { readonly here: Case; readonly found: CampaignFinding }[] = [];
  private stopped: CampaignResult["stopped"] = "runs";

  constructor(
    private readonly options: CampaignOptions,
    private readonly events: CampaignEvents,
    private readonly now: () => number,
  ) {
    this.shard = options.shard ?? WHOLE;
    checkBudget(options, this.shard);
    if (options.properties.length === 0) {
      throw new HarnessError("no-properties", "expected at least one property to run, got none");
    }
    this.tally = new Tally(options.properties);
    this.started = now();
  }

  /** One step per run, candidates of shrinking included. */
  *steps(): Generator<void> {
    yield* this.runCases();
    for (const { here, found } of this.waiting.splice(0)) yield* this.makeSmall(here, found);
  }

  private *runCases(): Generator<void> {
    const { properties, runs = Number.POSITIVE_INFINITY } = this.options;
    for (let index = this.shard.index; index < runs; index += this.shard.count) {
      for (const property of properties) {
        if (this.mustEnd()) return;
        const foundNew = yield* this.runCase(property, index);
        if (foundNew && this.options.failFast === true) {
          this.stopped = "fail-fast";
          return;
        }
      }
    }
  }

  progress(): CampaignProgress {
    const seconds = this.seconds();
    const { runs } = this.tally;
    const { property, shrinking } = this;
    return {
      runs,
      seconds,
      runsPerSecond: perSecond(runs, seconds),
      findings: this.tally.newFindings,
      property,
      shrinking,
    };
  }

  result(): CampaignResult {
    const { engine, seed } = this.options;
    const seconds = this.seconds();
    const counts = this.tally.counts();
    const { runs } = this.tally;
    const speed = { runs, seconds, runsPerSecond: perSecond(runs, seconds) };
    return { seed, kernel: engine.kernel, engine: engine.name, ...speed, ...counts, stopped: this.stopped };
  }

  private seconds(): number {
    return (this.now() - this.started) / 1000;
  }

  private mustEnd(): boolean {
    if (this.options.signal?.aborted === true) this.stopped = "signal";
    else if (this.options.seconds !== undefined && this.seconds() >= this.options.seconds) this.stopped = "time";
    else return false;
    return true;
  }

  /** Returns whether a signature turned up that is neither known nor seen before. */
  private *runCase(property: Property, index: number): Generator<void, boolean> {
    this.property = property.name;
    const drawn = drawRecipe(property.recipes, this.options.seed, property.name, index);
    const here: Case = { property, index, drawn };
    const checked = this.check(here);
    this.tally.ran(property.name, checked.applied, checked.broken);
    yield;
    const fresh: CampaignFinding[] = [];
    for (const finding of checked.findings) {
      if (this.tally.seenAgain(finding.signature)) continue;
      const found = this.register(here, finding);
      if (!found.known) fresh.push(found);
    }
    // All of the case's findings are saved before the first is made small: a kill in between loses none of them.
    for (const found of fresh) {
      if (this.mustWait()) this.waiting.push({ here, found });
      else yield* this.makeSmall(here, found);
    }
    return fresh.length > 0;
  }

  /** Where time is short, making findings small takes no more of it than looking for them. */
  private mustWait(): boolean {
    const { seconds, failFast } = this.options;
    return seconds !== undefined && failFast !== true && this.secondsShrinking > this.seconds() / 2;
  }

  private check(here: Case): CheckedRun {
    const engine = this.engineFor(here, "drawn");
    try {
      return checkLaws(here.drawn.value, engine, here.property.laws);
    } catch (error) {
      throw this.located(error, here);
    }
  }

  private register(here: Case, finding: Finding): CampaignFinding {
    const { known } = this.options;
    const isKnown = known?.has(finding.signature) === true;
    const found: CampaignFinding = {
      ...finding,
      property: here.property.name,
      known: isKnown,
      seed: this.options.seed,
      index: here.index,
      runsToFind: here.index + 1,
      secondsToFind: this.seconds(),
      shrinks: 0,
      shrinkEnded: "not-shrunk",
      recipe: here.drawn.value,
      entry: "",
      replay: "",
      times: 1,
    };
    const entry = isKnown ? knownEntry(known, finding.signature) : this.events.save?.(found, "found");
    const kept = this.withEntry(found, entry);
    this.tally.keep(kept);
    this.events.found?.(kept);
    return kept;
  }

  private *makeSmall(here: Case, found: CampaignFinding): Generator<void> {
    const { shrinkBudget: budget = DEFAULT_SHRINK_BUDGET } = this.options;
    if (budget === 0 || this.isStopped()) return;
    const started = this.seconds();
    this.shrinking = found.signature;
    const engine = this.engineFor(here, "shrink");
    const { value: recipe, context } = here.drawn;
    const { recipes: source, laws } = here.property;
    const steps = shrinkSteps({ source, engine, laws, recipe, context, finding: found, budget });
    let smallest = { recipe, finding: found as Finding, steps: 0 };
    let ended: CampaignFinding["shrinkEnded"] = "stopped";
    while (!this.isStopped()) {
      const step = this.nextStep(steps, here);
      smallest = step.value;
      if (step.done === true) {
        ended = step.value.ended;
        break;
      }
      yield;
    }
    this.shrinking = "";
    this.secondsShrinking += this.seconds() - started;
    const { expected, received, at, place } = smallest.finding;
    const shown = { expected, received, at, place };
    const small: CampaignFinding = {
      ...found,
      ...shown,
      recipe: smallest.recipe,
      shrinks: smallest.steps,
      shrinkEnded: ended,
    };
    const kept = this.withEntry(small, this.events.save?.(small, "shrunk") ?? found.entry);
    this.tally.keep(kept);
    this.events.shrunk?.(kept);
  }

  private isStopped(): boolean {
    return this.options.signal?.aborted === true;
  }

  private nextStep(steps: ReturnType<typeof shrinkSteps>, here: Case): ReturnType<typeof steps.next> {
    try {
      return steps.next();
    } catch (error) {
      throw this.located(error, here);
    }
  }

  private engineFor(here: Case, purpose: RecordedCase["purpose"]): Engine {
    const { engine, recorder = nullRecorder, seed } = this.options;
    if (recorder === nullRecorder) return engine;
    return recordedEngine(engine, recorder, { property: here.property.name, seed, index: here.index, purpose });
  }

  /** An engine or a law that throws is a defect of the harness; the case is named so that it can be looked into. */
  private located(error: unknown, here: Case): unknown {
    if (!(error instanceof HarnessError)) return error;
    const where = `property ${here.property.name}, seed ${this.options.seed}, index ${here.index}`;
    return new HarnessError(error.code, `${error.message} (${where})`, { cause: error });
  }

  private withEntry(found: CampaignFinding, entry: string | undefined): CampaignFinding {
    const flags = this.options.replayFlags ?? "";
    const again =
      entry === undefined || entry === ""
        ? `fuzz --property ${shellWord(found.property)} --seed ${found.seed} --runs ${found.runsToFind}`
        : `replay ${shellWord(entry)}`;
    return { ...found, entry: entry ?? "", replay: `npx skbcheck ${again}${flags === "" ? "" : ` ${flags}`}` };
  }
}

function knownEntry(known: CampaignOptions["known"], signature: string): string | undefined {
  return known !== undefined && "get" in known ? known.get(signature) : undefined;
}

/** Quoted where a shell would otherwise take it apart. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
