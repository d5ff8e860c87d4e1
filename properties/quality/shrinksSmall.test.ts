/** What is found is made as small as its cause allows, so that a person can read it. */
import { beforeAll, describe, expect, test } from "vitest";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { fraglistHeadNotUncloned } from "../../src/kernel/bugs/fraglistHeadNotUncloned.js";
import { kernelFor, kernelWith } from "../../src/kernel/kernelFor.js";
import { describeRecipe } from "../../src/report/describeRecipe.js";
import { table } from "../../src/report/table.js";
import { type CampaignFinding, runCampaign } from "../../src/runner/campaign.js";
import { checkLaws } from "../../src/runner/checkRun.js";
import { cloneIsolation } from "../flood/cloneIsolation.js";

const SEEDS = [1, 2, 3];
const RUNS = 40;
const bug = fraglistHeadNotUncloned;
const laws = cloneIsolation.laws.filter(({ name }) => bug.caughtBy.includes(name));

const mainline = modelEngine(kernelFor(undefined, []));
const isFromMainline = ({ recipe, signature }: CampaignFinding): boolean =>
  checkLaws(recipe, mainline, laws).findings.some((finding) => finding.signature === signature);

/** Findings that the bug causes, with the seed that found them. */
const found: { readonly seed: number; readonly finding: CampaignFinding }[] = [];
/** The damage itself. In which function the sibling later dies of it depends on where its bytes lie. */
const damage = () => found.filter(({ finding }) => finding.law !== "never-faults");

beforeAll(async () => {
  for (const seed of SEEDS) {
    const property = { ...cloneIsolation, laws };
    const { findings } = await runCampaign({
      engine: modelEngine(kernelWith(bug)),
      properties: [property],
      seed,
      runs: RUNS,
      now: () => 0,
    });
    for (const finding of findings) if (!isFromMainline(finding)) found.push({ seed, finding });
  }
  const rows = found.map(({ seed, finding }) => [
    String(seed),
    finding.signature,
    `${finding.shrinks} steps`,
    describeRecipe(finding.recipe),
  ]);
  process.stdout.write(`\n${table(rows).join("\n")}\n`);
}, 600_000);

describe(`${bug.id}, seeds ${SEEDS.join(", ")}`, () => {
  test("is found by every seed", () => {
    expect([...new Set(found.map(({ seed }) => seed))]).toEqual(SEEDS);
  });

  test("shrinks to an end", () => {
    expect(found.filter(({ finding }) => finding.shrinkEnded !== "smallest")).toEqual([]);
  });

  test("shrinks to two holders, without interrupts or failures", () => {
    for (const { finding } of found) {
      expect(finding.recipe.holders).toHaveLength(2);
      expect(finding.recipe).toMatchObject({ switches: [], failures: [] });
    }
  });

  test("shrinks to a list of one or two members with a byte or two each", () => {
    for (const { finding } of found) {
      const { head, members } = finding.recipe.packet;
      expect(members.length).toBeGreaterThanOrEqual(1);
      expect(members.length).toBeLessThanOrEqual(2);
      for (const { payload } of [head, ...members]) expect(payload).toBeLessThanOrEqual(2);
    }
  });

  test("shrinks to linear data and to holders that do nothing but leave", () => {
    for (const { finding } of damage()) {
      const { holders, packet } = finding.recipe;
      expect(holders.flatMap(({ before }) => before)).toEqual([]);
      expect([packet.head, ...packet.members].filter(({ paged }) => paged > 0)).toEqual([]);
    }
  });

  test("shrinks to at most one operation where the kernel dies of it", () => {
    for (const { finding } of found) {
      expect(finding.recipe.holders.flatMap(({ before }) => before).length).toBeLessThanOrEqual(1);
    }
  });

  test("shrinks to a packet without tags, options, extension headers or flags", () => {
    for (const { finding } of found) {
      expect(finding.recipe.packet).toMatchObject({
        vlan: [],
        acceleratedVlan: false,
        optionWords: 0,
        extensions: [],
        trafficClass: 0,
        hopLimit: 64,
        zeroChecksum: false,
        gso: "fraglist",
        rewritten: "nothing",
        owner: "none",
        seed: 0,
      });
    }
  });
});
