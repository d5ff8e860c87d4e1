/**
 * What receive offload merges, segmentation gives back: through a port that can do nothing by itself, frames leave as
 * they arrived. IPv4 identifications may count up from the first one's, checksums may be completed; nothing else changes.
 *
 * More for a long look: SKBCHECK_ROUND_TRIPS=10000.
 */
import { afterAll, describe, expect, test } from "vitest";
import { drawRecipe, type RecipeSource } from "../../src/arbitraries/draw.js";
import type { FloodConstraints } from "../../src/arbitraries/flood.js";
import { journey, ONE_BY_ONE } from "../../src/arbitraries/journey.js";
import type { Odds } from "../../src/arbitraries/odds.js";
import { modelEngine } from "../../src/engine/model/modelEngine.js";
import { kernelFor } from "../../src/kernel/kernelFor.js";
import { type PacketRecipe, type Recipe, schema } from "../../src/recipe/Recipe.js";
import { describeRecipe } from "../../src/report/describeRecipe.js";
import { table } from "../../src/report/table.js";
import { compareRun, Tally } from "./givenBack.js";

const SEED = 64;
const RUNS = Number(process.env["SKBCHECK_ROUND_TRIPS"] ?? 300);
const SHOWN = 3;
/** @kernel VLAN_MAX_DEPTH include/linux/if_vlan.h */
const MOST_TAGS = 7;
/** Of the runs. They are kept among the known findings. */
const MOST_MISTAKEN = 0.005;

type Batches = RecipeSource<Recipe>;

interface Protocol {
  readonly name: string;
  readonly gso: PacketRecipe["gso"];
  readonly isList: boolean;
  readonly device: Odds;
}

const PROTOCOLS: readonly Protocol[] = [
  {
    name: "udp list",
    gso: "udp-l4",
    isList: true,
    device: { "packet.gro.fraglist": 1, "packet.gro.listener": { none: 3, plain: 1 } },
  },
  {
    name: "udp aggregate",
    gso: "udp-l4",
    isList: false,
    device: { "packet.gro.fraglist": 0, "packet.gro.udpForwarding": 1, "packet.gro.listener": { none: 2, gro: 1 } },
  },
  { name: "tcp aggregate", gso: "tcp", isList: false, device: { "packet.gro.fraglist": 0 } },
  {
    name: "tcp list",
    gso: "tcp",
    isList: true,
    device: { "packet.gro.fraglist": 1, "packet.gro.listener": { none: 1 } },
  },
];
const FAMILIES: readonly PacketRecipe["family"][] = ["ipv4", "ipv6"];
/** Around the frames, in one layer. */
const TUNNELS: Readonly<Record<string, readonly PacketRecipe["tunnels"][number]["kind"][]>> = {
  "no tunnel": [],
  vxlan: ["vxlan"],
  gre: ["gre", "gre-ip"],
  "an ip tunnel": ["ip"],
};
/** Around UDP frames that were chained as a list; the packet is completed as if it were none. @kernel udp4_gro_complete */
const COMPLETED_AS_AGGREGATES: readonly string[] = ["gre", "an ip tunnel"];
/** Merged beyond 64 KiB, into jumbograms without other extension headers: behind those the kernel finds no jumbo header. */
const BIG_TCP: FloodConstraints = {
  fields: { "packet.head.payload": { min: 9000, usual: 30_000 }, "packet.members": { min: 3, max: 16 } },
  odds: { "packet.gro.big": 1, "packet.extensions": 0, "packet.evenMembers": 1, "packet.tunnels": 0 },
};

const NO_OFFLOADS: Odds = Object.fromEntries(
  Object.entries(schema.device.fields).map(([field, { type }]) => [
    `holders.device.${field}`,
    type === "choice" ? { none: 1 } : 0,
  ]),
);

/** Mostly one flow of even frames, with some that cannot be merged in between. */
function batches({ gso, device }: Protocol, family: PacketRecipe["family"], around: FloodConstraints): Batches {
  return journey({
    arrival: ONE_BY_ONE,
    gso: [gso],
    family,
    exits: ["port"],
    members: { min: 1 },
    holders: { min: 1, max: 1 },
    switches: 0,
    failures: 0,
    // A packet with eight tags cannot be cut: no header is looked for so deep.
    fields: { "packet.vlan": { max: MOST_TAGS }, ...around.fields },
    odds: {
      ...NO_OFFLOADS,
      ...device,
      "packet.members.odd": 0.06,
      "packet.members.flow": 0.06,
      "packet.evenMembers": 0.9,
      "packet.zeroChecksum": 0.03,
      "packet.optionWords": 0.03,
      "packet.tcp.flags": 0.15,
      "packet.gro.big": 0,
      "packet.tunnels.remcsum": 0,
      "packet.rewritten": { nothing: 1 },
      "holders.before": 0,
      middle: 0,
      ...around.odds,
    },
  });
}

function inTunnel(kinds: readonly PacketRecipe["tunnels"][number]["kind"][]): FloodConstraints {
  if (kinds.length === 0) return { odds: { "packet.tunnels": 0 } };
  return {
    fields: { "packet.tunnels": { min: 1, max: 1 }, "packet.tunnels.kind": { names: kinds } },
    odds: { "packet.tunnels": 1 },
  };
}

interface Case {
  readonly name: string;
  readonly recipes: Batches;
  readonly isList: boolean;
  readonly isBig: boolean;
}

const cases: readonly Case[] = PROTOCOLS.flatMap((protocol) =>
  FAMILIES.flatMap((family) => {
    const around = Object.entries(TUNNELS).map(([name, kinds]) => ({ name, constraints: inTunnel(kinds) }));
    if (protocol.name === "tcp aggregate") around.push({ name: "jumbograms", constraints: BIG_TCP });
    return around.map(({ name, constraints }) => ({
      name: `${protocol.name}, ${family}, in ${name}`,
      recipes: batches(protocol, family, constraints),
      isList: protocol.isList && !(protocol.gso === "udp-l4" && COMPLETED_AS_AGGREGATES.includes(name)),
      isBig: constraints === BIG_TCP,
    }));
  }),
);

const rows = [["", "runs", ...Object.keys(new Tally())]];

afterAll(() => {
  process.stdout.write(`\n${table(rows).join("\n")}\n`);
});

describe(`over ${RUNS} batches each, a port without offloads gives back what was merged`, () => {
  const engine = modelEngine(kernelFor(undefined, []));
  for (const { name, recipes, isList, isBig } of cases) {
    test(name, () => {
      const tally = new Tally();
      const differences: string[] = [];
      for (let index = 0; index < RUNS; index++) {
        const recipe = drawRecipe(recipes, SEED, name, index).value;
        const difference = compareRun(engine.run(recipe), tally);
        if (difference !== undefined) differences.push(`${index}: ${difference}: ${describeRecipe(recipe)}`);
      }
      rows.push([name, String(RUNS), ...Object.values(tally).map(String)]);
      expect([`${differences.length} differ`, ...differences.slice(0, SHOWN)].join("\n")).toBe("0 differ");
      expect(tally.merged).toBeGreaterThan(RUNS * 0.4);
      expect(tally.lists).toBe(isList ? tally.merged : 0);
      if (isBig) expect(tally.huge).toBeGreaterThan(RUNS * 0.2);
      expect(tally.mistaken).toBeLessThanOrEqual(2 + RUNS * MOST_MISTAKEN);
    });
  }
});
