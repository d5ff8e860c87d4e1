import { describe, expect, test } from "vitest";
import { type Recipe, schema } from "../recipe/Recipe.js";
import { drawRecipe } from "./draw.js";
import { type FloodConstraints, flood } from "./flood.js";

const DRAWS = 2000;

const draws = (constraints: FloodConstraints = {}, count = DRAWS): Recipe[] => {
  const source = flood(constraints);
  return Array.from({ length: count }, (_, index) => drawRecipe(source, 42, "flood", index).value);
};

const usual = draws();
/** The share of the usual draws of which something is true. */
const share = (is: (recipe: Recipe) => boolean): number => usual.filter(is).length / DRAWS;

describe("the usual mix", () => {
  test.each(["fraglist", "udp-l4", "ufo", "none"])("has packets of kind %s", (gso) => {
    expect(share(({ packet }) => packet.gso === gso)).toBeGreaterThan(0.05);
  });

  test.each(["port", "local", "tap", "inspect"])("has holders that end at %s", (exit) => {
    expect(share(({ holders }) => holders.some((holder) => holder.exit === exit))).toBeGreaterThan(0.1);
  });

  test.each(["ipv4", "ipv6"])("has %s", (family) => {
    expect(share(({ packet }) => packet.family === family)).toBeGreaterThan(0.4);
  });

  test.each([
    ["no members", (count: number) => count === 0, 0.08],
    ["one member", (count: number) => count === 1, 0.1],
    ["two members", (count: number) => count === 2, 0.1],
    ["more than 16 members", (count: number) => count > 16, 0.02],
    ["as many members as may be", (count: number) => count === 64, 0.003],
  ])("has packets with %s", (_, is, floor) => {
    expect(share(({ packet }) => is(packet.members.length))).toBeGreaterThan(floor);
  });

  test("mostly has well-formed aggregates", () => {
    expect(share(({ packet }) => packet.evenMembers)).toBeGreaterThan(0.75);
    expect(share(({ packet }) => !packet.dodgy)).toBeGreaterThan(0.85);
    expect(share(({ packet }) => packet.gsoSize === 0)).toBeGreaterThan(0.6);
    expect(share(({ packet }) => packet.checksumStart === 0)).toBeGreaterThan(0.85);
    expect(share(({ packet }) => packet.arrival === "stack")).toBeGreaterThan(0.85);
    expect(share(({ failures }) => failures.length === 0)).toBeGreaterThan(0.85);
  });

  test("has rare flags, switches, turns and failing allocations now and then", () => {
    const between = (value: number, low: number, high: number) => value >= low && value <= high;
    expect(share(({ switches }) => switches.length > 0)).toSatisfy((it: number) => between(it, 0.25, 0.42));
    expect(share(({ failures }) => failures.length > 0)).toSatisfy((it: number) => between(it, 0.06, 0.15));
    expect(share(({ turns }) => turns.length > 0)).toSatisfy((it: number) => between(it, 0.4, 0.6));
    const members = usual.flatMap(({ packet }) => packet.members);
    for (const flag of ["cloned", "nohdr", "state", "sharedFrag"] as const) {
      expect(members.filter((member) => member[flag]).length / members.length).toSatisfy((it: number) =>
        between(it, 0.07, 0.16),
      );
    }
    expect(share(({ packet }) => packet.head.zerocopy !== "no")).toSatisfy((it: number) => between(it, 0.08, 0.2));
  });

  test("has every sharp size of a packet", () => {
    const sizes = new Set(usual.map(({ packet }) => packet.gsoSize));
    const payloads = new Set(
      usual.flatMap(({ packet }) => [packet.head, ...packet.members].map(({ payload }) => payload)),
    );
    const { gsoSize, head } = schema.packet.fields;
    const sharpSizes = draws({ odds: { "packet.gsoSize": 1 } }).map(({ packet }) => packet.gsoSize);
    expect(gsoSize.sharp.filter((size) => !new Set(sharpSizes).has(size))).toEqual([]);
    expect(gsoSize.sharp.filter((size) => sizes.has(size)).length).toBeGreaterThan(gsoSize.sharp.length / 2);
    expect(head.fields.payload.sharp.filter((size) => !payloads.has(size))).toEqual([]);
    expect(payloads.has(70_000) || [...payloads].some((size) => size > 32_767)).toBe(true);
  });

  test("has every value of every choice and both values of every bool", () => {
    const seen = new Map<string, Set<unknown>>();
    const walk = (value: unknown, path: string): void => {
      if (Array.isArray(value)) for (const element of value) walk(element, path);
      else if (typeof value === "object" && value !== null) {
        for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
      } else if (typeof value !== "number") {
        seen.set(path, (seen.get(path) ?? new Set()).add(value));
      }
    };
    for (const recipe of usual) walk(recipe, "");
    const lonely = [...seen].filter(([path, values]) => values.size < 2 && path !== ".kind").map(([path]) => path);
    // Odd frames arrive one by one, and strides are a property of their own.
    expect(lonely).toEqual([".packet.strides", ".packet.members.odd"]);
    const names = (path: string) => [...(seen.get(path) ?? [])].sort();
    expect(names(".holders.before.do")).toHaveLength(13);
    expect(names(".packet.head.zerocopy")).toHaveLength(4);
    expect(names(".packet.extensions.kind")).toHaveLength(4);
  });
});

describe("constraints", () => {
  test("hold in every draw", () => {
    const constrained = draws(
      {
        members: { min: 2, max: 17 },
        holders: { min: 2, max: 5 },
        gso: ["udp-l4", "fraglist"],
        family: "ipv4",
        arrival: "stack",
        exits: ["tap"],
        switches: 1,
        failures: 0,
        fields: { "packet.head.headroom": { min: 8, max: 16 } },
        odds: { "packet.dodgy": 1 },
      },
      500,
    );
    for (const { packet, holders, switches, failures } of constrained) {
      expect(packet.members.length).toSatisfy((count: number) => count >= 2 && count <= 17);
      expect(holders.length).toSatisfy((count: number) => count >= 2 && count <= 5);
      expect(["fraglist", "udp-l4"]).toContain(packet.gso);
      expect(packet).toMatchObject({ family: "ipv4", arrival: "stack", dodgy: true });
      expect(holders.every(({ exit }) => exit === "tap")).toBe(true);
      expect(switches.length).toBeLessThanOrEqual(1);
      expect(failures).toEqual([]);
      expect(packet.head.headroom).toSatisfy((bytes: number) => bytes >= 8 && bytes <= 16);
    }
    const counts = new Set(constrained.map(({ packet }) => packet.members.length));
    expect(counts.has(2) && counts.has(17)).toBe(true);
  });

  test("that cannot be met are refused by name", () => {
    expect(() => flood({ members: { max: 65 } })).toThrow(/packet.members/);
    expect(() => flood({ holders: { min: 0 } })).toThrow(/holders/);
    expect(() => flood({ exits: ["nowhere" as never] })).toThrow(/"nowhere" is none of port/);
    expect(() => flood({ odds: { "packet.gso": { esp: 1 } } })).toThrow(/"esp" is none of/);
  });

  test("do not depend on the order in which names are given", () => {
    expect(draws({ gso: ["udp-l4", "fraglist"] }, 50)).toEqual(draws({ gso: ["fraglist", "udp-l4"] }, 50));
  });
});
