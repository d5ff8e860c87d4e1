import { describe, expect, test } from "vitest";
import { flood } from "../arbitraries/flood.js";
import { law } from "../laws/law.js";
import { schema } from "../recipe/Recipe.js";
import { leastOf } from "../recipe/schema.js";
import type { CampaignFinding, CampaignResult } from "./CampaignResult.js";
import { type CampaignOptions, runCampaign } from "./campaign.js";
import { mergeResults } from "./mergeResults.js";
import { property } from "./property.js";
import type { RecordedCase } from "./recorder.js";
import { fakeEngine, lawBrokenIf, violation } from "./testing/fakes.js";

const many = lawBrokenIf("many", ({ packet }) => packet.members.length >= 10);
const tapped = lawBrokenIf("tapped", ({ holders }) => holders.some(({ exit }) => exit === "tap"));
const rare = lawBrokenIf("rare", ({ packet }) => [99, 100, 101].includes(packet.gsoSize));

const members = property({ name: "flood/members", says: "Few members.", recipes: flood(), laws: [many, rare] });
const taps = property({ name: "flood/taps", says: "No taps.", recipes: flood(), laws: [tapped, many] });

/** A clock that moves on by one millisecond whenever it is read. */
const ticking = () => {
  let time = 0;
  return () => time++;
};

const run = (options: Partial<CampaignOptions> = {}, events: Parameters<typeof runCampaign>[1] = {}) =>
  runCampaign(
    {
      engine: fakeEngine(),
      properties: [members, taps],
      seed: 42,
      runs: 300,
      now: () => 0,
      shrinkBudget: 300,
      ...options,
    },
    events,
  );

const signatures = (result: CampaignResult) => result.findings.map(({ signature }) => signature);

describe("runCampaign", () => {
  test("gives every property its runs and counts what the laws did", async () => {
    const result = await run();
    expect(result.runs).toBe(600);
    expect(result.properties).toEqual([
      { name: "flood/members", runs: 300, findings: expect.any(Number) },
      { name: "flood/taps", runs: 300, findings: expect.any(Number) },
    ]);
    expect(result.laws.map(({ name }) => name)).toEqual(["many", "rare", "tapped"]);
    expect(result.laws[0]).toMatchObject({ applied: 600 });
    expect(result.laws[2]).toMatchObject({ applied: 300 });
    expect(result.stopped).toBe("runs");
  });

  test("keeps every distinct signature once, small, with the run that showed it first", async () => {
    const result = await run();
    expect(new Set(signatures(result))).toEqual(new Set(["many@somewhere", "rare@somewhere", "tapped@somewhere"]));
    const tap = result.findings.find((finding) => finding.law === "tapped");
    const least = leastOf(schema.packets);
    expect(tap).toMatchObject({
      property: "flood/taps",
      known: false,
      seed: 42,
      shrinkEnded: "smallest",
      recipe: { ...least, holders: [{ ...leastOf(schema.holder), exit: "tap" }] },
    });
    expect(tap?.runsToFind).toBe((tap?.index ?? 0) + 1);
    const broken = result.laws.find(({ name }) => name === "tapped")?.broken;
    expect(tap?.times).toBe(broken);
    expect(broken).toBeGreaterThan(1);
  });

  test("finds the same with the same seed and something else with another", async () => {
    const first = await run();
    expect(await run()).toEqual(first);
    const other = await run({ seed: 43 });
    expect(other.findings.map(({ index }) => index)).not.toEqual(first.findings.map(({ index }) => index));
  });

  test.each([2, 3, 7])("finds in %i shards together what it finds in one", async (count) => {
    const whole = await run();
    const shards: CampaignResult[] = [];
    for (let index = count - 1; index >= 0; index--) shards.push(await run({ shard: { index, count } }));
    expect(mergeResults(shards)).toEqual(whole);
    expect(shards.map(({ runs }) => runs).every((runs) => runs < whole.runs)).toBe(true);
  });

  test("finds the same whatever the clock says", async () => {
    const timeless = ({ findings }: CampaignResult) => findings.map(({ secondsToFind: _, ...finding }) => finding);
    expect(timeless(await run({ now: ticking() }))).toEqual(timeless(await run()));
  });

  test("saves a finding as drawn before it is made small, all of a case before the first is shrunk", async () => {
    const double = law({
      name: "double",
      law: "Nothing breaks.",
      standsFor: [],
      check: () => [violation("left"), violation("right")],
    });
    const both = property({ name: "flood/both", says: "Both.", recipes: flood(), laws: [double] });
    const saved: string[] = [];
    const engine = fakeEngine();
    await run(
      { engine, properties: [both], runs: 1 },
      {
        save: (finding, stage) => {
          saved.push(`${stage} ${finding.place} after ${engine.ran.length > 1 ? "shrinking" : "one run"}`);
          return `corpus/${finding.place}.json`;
        },
      },
    );
    expect(saved).toEqual([
      "found left after one run",
      "found right after one run",
      "shrunk left after shrinking",
      "shrunk right after shrinking",
    ]);
  });

  test("does not save, shrink or stop for a known finding, and a known one hides no other", async () => {
    const saved: CampaignFinding[] = [];
    const result = await run(
      { known: new Map([["many@somewhere", "corpus/findings/many.json"]]), failFast: true },
      { save: (finding) => void saved.push(finding) },
    );
    const known = result.findings.find(({ law }) => law === "many");
    const unknown = result.findings.filter((finding) => !finding.known);
    expect(unknown.length).toBeGreaterThan(0);
    expect(saved.every(({ law }) => law !== "many")).toBe(true);
    if (known !== undefined)
      expect(known).toMatchObject({ known: true, shrinks: 0, entry: "corpus/findings/many.json" });

    const all = await run({ known: new Set(["many@somewhere"]) });
    expect(all.findings.find(({ law }) => law === "many")).toMatchObject({ known: true, shrinkEnded: "not-shrunk" });
    expect(signatures(all)).toHaveLength(3);
    expect(all.properties.reduce((sum, { findings }) => sum + findings, 0)).toBe(2);
  });

  test("shows a violation in the very run that also shows a known one", async () => {
    const always = lawBrokenIf("always", () => true);
    const mixed = property({ name: "flood/mixed", says: "Mixed.", recipes: flood(), laws: [always, many] });
    const result = await run({ properties: [mixed], known: new Set(["always@somewhere"]) });
    expect(signatures(result)).toEqual(["always@somewhere", "many@somewhere"]);
  });

  test("ends at the first case with a finding when told to fail fast", async () => {
    const result = await run({ failFast: true });
    expect(result.stopped).toBe("fail-fast");
    expect(result.runs).toBeLessThan(600);
    expect(new Set(result.findings.map(({ index, property }) => `${property} ${index}`)).size).toBe(1);
  });

  test("ends when its time is over", async () => {
    const result = await run({ runs: undefined, seconds: 0.5, now: ticking() });
    expect(result.stopped).toBe("time");
    expect(result.seconds).toBeGreaterThanOrEqual(0.5);
    expect(result.runs).toBeGreaterThan(10);
  });

  test("with a time to keep, looks on while findings wait, and makes them all small before it ends", async () => {
    const order: string[] = [];
    let time = 0;
    const recorder = {
      before: (_recipe: unknown, { purpose }: RecordedCase) => {
        time += purpose === "shrink" ? 20 : 1;
      },
    };
    const result = await run(
      { seconds: 1.5, runs: undefined, now: () => time, recorder },
      {
        found: ({ signature }) => order.push(`found ${signature}`),
        shrunk: ({ signature }) => order.push(`shrunk ${signature}`),
      },
    );
    const count = result.findings.length;
    expect(count).toBeGreaterThan(2);
    expect(order.filter((step) => step.startsWith("shrunk"))).toHaveLength(count);
    expect(result.findings.every(({ shrinkEnded }) => shrinkEnded === "smallest")).toBe(true);
    // Shrinking takes most of the time here, so more than the last found had to wait.
    const lastFound = order.findLastIndex((step) => step.startsWith("found"));
    const madeSmallAtTheEnd = order.slice(lastFound).filter((step) => step.startsWith("shrunk"));
    expect(madeSmallAtTheEnd.length).toBeGreaterThan(0);
    expect(order.join()).toMatch(/found ([^,]*),found (?!\1)/);
  });
  test("ends at a signal, in the middle of shrinking too, and keeps what it has", async () => {
    const stop = new AbortController();
    const result = await run(
      { runs: 1_000_000, now: ticking(), signal: stop.signal, shrinkBudget: 1_000_000 },
      { progress: ({ shrinking }) => shrinking !== "" && stop.abort() },
    );
    expect(result.stopped).toBe("signal");
    expect(result.findings.at(-1)?.shrinkEnded).toBe("stopped");
  });

  test("tells its progress between slices and at the end", async () => {
    const seen: { runs: number; runsPerSecond: number }[] = [];
    await run({ now: ticking(), shrinkBudget: 0 }, { progress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.at(-1)?.runs).toBe(600);
    expect(seen.map(({ runs }) => runs)).toEqual(seen.map(({ runs }) => runs).sort((a, b) => a - b));
  });

  test("prints a line to replay the entry, or the run where nothing was saved", async () => {
    const options = { properties: [taps], replayFlags: "--kernel v6.4" };
    const unsaved = (await run(options)).findings[0];
    expect(unsaved?.replay).toBe(
      `npx skbcheck fuzz --property flood/taps --seed 42 --runs ${unsaved?.runsToFind} --kernel v6.4`,
    );
    const saved = (await run(options, { save: () => "my corpus/x.json" })).findings[0];
    expect(saved).toMatchObject({
      entry: "my corpus/x.json",
      replay: "npx skbcheck replay 'my corpus/x.json' --kernel v6.4",
    });
  });

  test("hands every recipe to the recorder before it runs", async () => {
    const engine = fakeEngine();
    const recorded: RecordedCase[] = [];
    const recorder = {
      before: (recipe: unknown, origin: RecordedCase) => {
        expect(engine.ran.at(-1)).not.toBe(recipe);
        recorded.push(origin);
      },
    };
    const result = await run({ engine, recorder, runs: 20 });
    expect(recorded).toHaveLength(engine.ran.length);
    expect(recorded.filter(({ purpose }) => purpose === "drawn")).toHaveLength(result.runs);
    expect(recorded[0]).toEqual({ property: "flood/members", seed: 42, index: 0, purpose: "drawn" });
  });

  test.each([
    [{ runs: undefined }, "bad-budget"],
    [{ runs: -1 }, "bad-budget"],
    [{ runs: 1.5 }, "bad-budget"],
    [{ seconds: Number.NaN }, "bad-budget"],
    [{ shard: { index: 3, count: 3 } }, "bad-shard"],
    [{ shard: { index: 0, count: 0 } }, "bad-shard"],
    [{ properties: [] }, "no-properties"],
  ])("refuses %o", async (options, code) => {
    await expect(run(options)).rejects.toMatchObject({ name: "HarnessError", code });
  });

  test("names the case in which an engine threw", async () => {
    const engine = {
      ...fakeEngine(),
      run: () => {
        throw new Error("out of pages");
      },
    };
    await expect(run({ engine })).rejects.toMatchObject({
      code: "engine-failed",
      message: "engine fake: expected a run, but it threw out of pages (property flood/members, seed 42, index 0)",
    });
  });
});

describe("mergeResults", () => {
  test("refuses results of different campaigns, and none at all", async () => {
    const one = await run({ runs: 1 });
    const other = await run({ runs: 1, seed: 43 });
    expect(() => mergeResults([one, other])).toThrowError(expect.objectContaining({ code: "unlike-results" }));
    expect(() => mergeResults([])).toThrowError(expect.objectContaining({ code: "unlike-results" }));
  });
});
