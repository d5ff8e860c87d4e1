/** The geometries of the kernel's own test of skb_segment, saved as seeds: lengths of payload in, lengths out. */
import { describe, expect, test } from "vitest";
import { modelEngine } from "../src/engine/model/modelEngine.js";
import { mainline } from "../src/kernel/Kernel.js";
import type { Recipe } from "../src/recipe/Recipe.js";
import type { Run } from "../src/recipe/Run.js";
import { readCorpus } from "./support/savedCorpus.js";

const engine = modelEngine(mainline);
const FOLDER = "corpus/seeds/kunit/";
const seeds = new Map(
  readCorpus()
    .seeds.filter(({ file }) => file.startsWith(FOLDER))
    .map(({ file, entry }) => [file.slice(FOLDER.length).replace(".json", ""), entry.recipe]),
);

interface Geometry {
  readonly name: string;
  /** Payload bytes: linear, fragments of the head, members. */
  readonly linear: number;
  readonly frags?: readonly number[];
  readonly members?: readonly number[];
  readonly out: readonly number[];
}

/** @kernel gso_test_cases net/core/net_test.c */
const geometries: readonly Geometry[] = [
  { name: "no-gso", linear: 1000, out: [1000] },
  { name: "linear", linear: 2001, out: [1000, 1000, 1] },
  { name: "frags", linear: 1000, frags: [1000, 1], out: [1000, 1000, 1] },
  { name: "frags-pure", linear: 0, frags: [1000, 1000, 2], out: [1000, 1000, 2] },
  { name: "gso-partial", linear: 1000, frags: [1000, 3], out: [2000, 3] },
  { name: "frag-list", linear: 1000, members: [1000, 1000], out: [1000, 1000, 1000] },
  { name: "frag-list-pure", linear: 0, members: [1000, 1000], out: [1000, 1000] },
  { name: "frag-list-non-uniform", linear: 1000, members: [1000, 1, 1000, 2], out: [1000, 1000, 1000, 3] },
  { name: "gso-by-frags", linear: 0, members: [100, 200, 300, 400], out: [100, 200, 300, 400] },
];

const recipeOf = (name: string): Recipe => seeds.get(name) as Recipe;

/** Bytes in front of the payload: the packet's headers. */
function headersOf(run: Run): number {
  const total = run.packet.datagrams.reduce((sum, datagram) => sum + datagram.length, 0);
  return run.packet.frame.length - total;
}

describe("skb_segment cuts as the kernel's own test expects", () => {
  test("there is a seed for every geometry and no other", () => {
    expect([...seeds.keys()].sort()).toEqual(geometries.map(({ name }) => name).sort());
  });

  for (const { name, linear, frags = [], members = [], out } of geometries) {
    test(`${name}: ${[linear, ...frags, ...members].join(" + ")} bytes become ${out.join(", ")}`, () => {
      const run = engine.run(recipeOf(name));
      const { view } = run.packet;
      const headers = headersOf(run);
      expect((view?.tail ?? 0) - (view?.macHeader ?? 0) - headers).toBe(linear);
      expect(view?.shinfo.frags.map(({ len }) => len)).toEqual(frags);
      expect(view?.shinfo.members.map(({ len }) => len)).toEqual(members);
      const frames = run.holders[0]?.frames ?? [];
      expect(frames.map(({ bytes }) => (bytes?.length ?? 0) - headers)).toEqual(out);
      expect(run.faults).toEqual([]);
    });
  }

  test("members that are no whole segments stop the kernel where fragments are shared, as its test warns", () => {
    const recipe = recipeOf("frag-list-non-uniform");
    const [holder] = recipe.holders;
    if (holder === undefined) throw new Error("the seed has a holder");
    const device = { ...holder.device, sg: true, checksum: "hw" as const };
    const run = engine.run({ ...recipe, holders: [{ ...holder, device }] });
    expect(run.faults.map(({ kind, id }) => `${kind}(${id})`)).toEqual(["BUG(list-frags-short)"]);
  });
});
