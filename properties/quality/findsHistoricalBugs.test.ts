/** Each historical bug, switched on alone, is found by the laws it names within a budget of runs; mainline is not blamed. */
import { afterAll, describe, expect, test } from "vitest";
import { drawRecipe } from "../../src/arbitraries/draw.js";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { bugs } from "../../src/kernel/bugs/list.js";
import type { HistoricalBug } from "../../src/kernel/historicalBug.js";
import { kernelFor } from "../../src/kernel/kernelFor.js";
import { table } from "../../src/report/table.js";
import { runCampaign } from "../../src/runner/campaign.js";
import { checkLaws } from "../../src/runner/checkRun.js";
import type { Property } from "../../src/runner/property.js";
import { properties } from "../index.js";
import { readCorpus } from "../support/savedCorpus.js";

const SEEDS = [1, 2, 3];

/**
 * Runs of each property within which a bug must be found, for every seed: about four times what the slowest seed took
 * when the number was written.
 */
const BUDGETS: Readonly<Record<string, number>> = {
  "fraglist-head-not-uncloned": 20,
  "fraglist-null-list": 60,
  "fraglist-shared-members": 20,
  "fraglist-ext-leak": 30,
  "fraglist-truesize-subtract": 30,
  "fraglist-truesize-after-unclone": 150,
  "fraglist-pulled-udp": 60,
  "fraglist-partial-pull-no-linearize": 300,
  "mss-overflow-gso-by-frags": 60_000,
  "zcopy-stale-frag-cursor": 450,
  "mixed-head-alloc": 300,
  "udp-gso-owner-kept": 20,
  "udp-gso-csum-none-hw": 40,
  "udp-gso-dodgy-fallthrough": 600,
  "vnet-bad-csum-start": 400,
  "fraglist-pulled-tcp": 60,
  "fraglist-xlat-not-dodgy": 400,
  "fraglist-nat4-udp-stale": 40,
  "fraglist-nat6-udp-stale": 60,
  "fraglist-nethdr-unset": 80,
  "fraglist-csum-start-check": 60,
  "fraglist-delivered-unsegmented": 120,
  "gro-merge-keeps-sk": 120,
  "frag-list-of-frags": 40,
  "warn-bad-offload-on-err": 120,
  "nsh-outer-restore": 60,
  "udp-gro-zero-payload": 200,
  "udp-gro-misdirection": 60,
  "udp-gro-tunnel-l4-agg": 80,
  "udp-gro-flist-complete-encap": 400,
  "vnet-gso-size-exceeds-len": 200,
  "vnet-silly-gso-rejected": 200,
  "vnet-uso-unvalidated": 60,
  "vnet-missing-check-overstrict": 60,
  "vnet-tso-csum-offset-overstrict": 80,
};
/**
 * Bugs that the search is not held to: drawn recipes reach them too rarely, or not at all. Their unit tests show them. Not a
 * place for a bug that was found before.
 */
const NOT_HELD_TO: readonly string[] = [
  "gro-list-ignores-flush",
  "bridge-mc2uc-full-copy",
  "gro-list-nests-gso",
  "bpf-grow-fraglist",
  "gro-chain-oversize-linear",
  "segment-frags-not-orphaned",
  "shared-frag-flag-lost-on-transfer",
  "ipip-null-segs-network-header",
  "ipip-gso-recursion",
  "ipv6-ext-inner",
  "ipv6-gso-mtu-unchecked",
  "gso-max-size-unchecked",
  "nsh-unwind-mac",
  "mpls-zero-hlen-loop",
  "gre-csum-sctp",
  "ipvs-sctp-gso-csum",
  "gso-features-unpulled-iphdr",
  "udp-rcv-proto-sign",
  "udp-rcv-post-segment-csum",
  "udp-gro-noflush",
  "udp-gso-lands-in-tunnel",
  "udp-rcv-ufo-segment",
  "udp-gro-inner-l3-as-outer",
  "gro-dodgy-merged",
  "gro-merge-zcopy",
  "gro-bigtcp-criteria",
  "gro-frags-eth-uaf",
  "vnet-thlen-beyond-linear",
  "vnet-ufo-transport-header",
  "vnet-min-network-header",
];
/** Bugs that need so rare a packet that only the property made for it is searched. */
const SEARCHED: Readonly<Record<string, string>> = { "mss-overflow-gso-by-frags": "segment/partial" };
/** Recipes of each property on which mainline must show nothing new. */
const MAINLINE_RUNS = 1000;

/** The properties to search for a bug, held to the laws that it names; those that hold none of them are left out. */
function hunters({ id, caughtBy: names }: HistoricalBug): Property[] {
  return properties
    .filter(({ name }) => (SEARCHED[id] ?? name) === name)
    .map((property) => ({ ...property, laws: property.laws.filter(({ name }) => names.includes(name)) }))
    .filter(({ laws }) => laws.length > 0);
}

interface Catch {
  /** Which recipe of its property it was. */
  readonly runsToFind: number;
  readonly property: string;
  /** Laws that broke on this recipe, where mainline keeps them. */
  readonly laws: readonly string[];
}

const { known } = readCorpus();
const mainline = modelEngine(kernelFor(undefined, []));
const rows: string[][] = [["bug", "seed", "runs to find", "property", "laws"]];

afterAll(() => {
  process.stdout.write(`\n${table(rows).join("\n")}\n`);
});

/**
 * The first recipe on which the bug breaks one of its laws at a place where mainline, on the same recipe, does not. What
 * mainline shows on other recipes hides nothing.
 */
function hunt(bug: HistoricalBug, seed: number): Catch | undefined {
  const engine = modelEngine(kernelFor(undefined, [bug.id]));
  const searched = hunters(bug);
  for (let index = 0; index < (BUDGETS[bug.id] ?? 0); index++) {
    for (const property of searched) {
      const recipe = drawRecipe(property.recipes, seed, property.name, index).value;
      const { findings } = checkLaws(recipe, engine, property.laws);
      if (findings.length === 0) continue;
      const innocent = checkLaws(recipe, mainline, property.laws).findings.map(({ signature }) => signature);
      const guilty = findings.filter(({ signature }) => !innocent.includes(signature));
      if (guilty.length === 0) continue;
      return { runsToFind: index + 1, property: property.name, laws: [...new Set(guilty.map(({ law }) => law))] };
    }
  }
  return undefined;
}

describe("mainline", () => {
  for (const seed of SEEDS) {
    test(`shows nothing but what is known on the same recipes, seed ${seed}`, async () => {
      const result = await runCampaign({
        engine: mainline,
        properties,
        seed,
        runs: MAINLINE_RUNS,
        known,
        shrinkBudget: 0,
      });
      const unknown = result.findings.filter((finding) => !finding.known);
      expect(unknown.map(({ signature, replay }) => `${signature}: ${replay}`).join("\n")).toBe("");
    });
  }
});

describe("every historical bug", () => {
  const held = bugs.filter(({ id }) => !NOT_HELD_TO.includes(id));

  test("has a budget of runs, or is named among those that the search is not held to", () => {
    expect([...Object.keys(BUDGETS), ...NOT_HELD_TO].sort()).toEqual(bugs.map(({ id }) => id).sort());
    for (const bug of held) expect(hunters(bug), `${bug.id} names ${bug.caughtBy.join(", ")}`).not.toEqual([]);
  });

  for (const bug of held) {
    for (const seed of SEEDS) {
      test(`${bug.id} is found within ${BUDGETS[bug.id]} runs of each property, seed ${seed}`, () => {
        const found = hunt(bug, seed);
        const { runsToFind = "not found", property = "", laws = [] } = found ?? {};
        rows.push([bug.id, String(seed), String(runsToFind), property, laws.join(", ")]);
        expect(found?.laws ?? []).not.toEqual([]);
      });
    }
  }
});
