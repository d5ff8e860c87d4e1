import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import {
  bend,
  firstCall,
  type Mutable,
  poke,
  type SampleOptions,
  sampleRecipe,
  sampleRun,
  segmentOf,
} from "../testing/sampleRun.js";
import { cloneIndependent } from "./cloneIndependent.js";

/** The run of a flood: a tap has the first clone, the port that segments the second. */
function flood(options: SampleOptions = {}, change: (run: Mutable<Run>) => void = () => {}): Run {
  return bend(sampleRun(options), (run) => {
    const [port] = run.recipe.holders;
    if (port === undefined) throw new Error("the sample has no holder");
    run.recipe.holders = [{ ...port, exit: "tap" }, port];
    firstCall(run).holder = 1;
    change(run);
  });
}

const twoPorts = sampleRecipe((recipe) => {
  const [port] = recipe.holders;
  if (port !== undefined)
    recipe.holders = [
      { ...port, exit: "tap" },
      { ...port, before: [{ do: "pull", bytes: 3 }] },
    ];
  recipe.switches = [{ holder: 0, touch: 1, to: 1 }];
  recipe.turns = [1];
});

describe("clone-independent", () => {
  test("its companion is the recipe with the first holder that segments alone", () => {
    const alone = cloneIndependent.companions?.(twoPorts)?.alone;
    expect(alone?.holders).toEqual([twoPorts.holders[1]]);
    expect([alone?.switches, alone?.turns, alone?.packet]).toEqual([[], [], twoPorts.packet]);
  });

  test("there is no companion for a sole holder, for taps, for failing allocations or for a mark that is meant for all", () => {
    const companionsOf = (change: Parameters<typeof sampleRecipe>[0]): unknown =>
      cloneIndependent.companions?.(sampleRecipe((r) => change(Object.assign(r, structuredClone(twoPorts)))));
    expect(companionsOf((r) => void (r.holders = r.holders.slice(1)))).toBeUndefined();
    expect(
      companionsOf((r) => void (r.holders = r.holders.map((holder) => ({ ...holder, exit: "tap" })))),
    ).toBeUndefined();
    expect(companionsOf((r) => void (r.failures = [3]))).toBeUndefined();
    expect(companionsOf((r) => void r.holders[0]?.before.push({ do: "mark-dodgy", bytes: 0 }))).toBeUndefined();
    expect(companionsOf(() => {})).toBeDefined();
  });

  test("holds when the segments are the same", () => {
    expect(judge(cloneIndependent, flood(), { alone: sampleRun() })).toBe("holds");
  });

  test("holds of fragments whose identifications were drawn anew", () => {
    const options = { gso: "ufo", payloads: [30] } as const;
    const run = flood(options, (r) => {
      for (const fragment of firstCall(r).segments) poke(fragment, 58, 1, 2, 3, 4);
    });
    expect(judge(cloneIndependent, run, { alone: sampleRun(options) })).toBe("holds");
  });

  test("is broken by other bytes", () => {
    const run = flood({}, (r) => poke(segmentOf(r, 1), 63, 0xff));
    expect(judge(cloneIndependent, run, { alone: sampleRun() })).toEqual(["bytes (fraglist)"]);
  });

  test("is broken by other checksum states or marks", () => {
    const run = flood({}, (r) => {
      segmentOf(r, 1).ipSummed = 0;
      Object.assign(segmentOf(r, 0).shinfo, { gsoSize: 1, gsoSegs: 2, gsoType: 4 });
    });
    expect(judge(cloneIndependent, run, { alone: sampleRun() })).toEqual([
      "gso_size (fraglist)",
      "gso_segs (fraglist)",
      "gso_type (fraglist)",
      "ip_summed (fraglist)",
    ]);
  });

  test("is broken by another number of segments, by a crash or by an errno", () => {
    const alone = sampleRun();
    expect(
      judge(
        cloneIndependent,
        flood({}, (r) => void firstCall(r).segments.pop()),
        { alone },
      ),
    ).toEqual(["count (fraglist)"]);
    expect(
      judge(
        cloneIndependent,
        flood({}, (r) => void (firstCall(r).result = "faulted")),
        { alone },
      ),
    ).toEqual(["result (fraglist)"]);
    expect(
      judge(
        cloneIndependent,
        flood({}, (r) => void (r.calls = [])),
        { alone },
      ),
    ).toEqual(["call missing (fraglist)"]);
  });

  test("does not compare with a clone that had been changed when it was made", () => {
    const run = flood({}, (r) => {
      r.recipe.cloning = "in-turn";
      poke(firstCall(r).input, 63, 0xff);
      poke(segmentOf(r, 0), 63, 0xff);
    });
    expect(judge(cloneIndependent, run, { alone: sampleRun() })).toBe("not-applicable");
  });

  test("does not apply without its companion", () => {
    expect(judge(cloneIndependent, flood())).toBe("not-applicable");
  });
});
