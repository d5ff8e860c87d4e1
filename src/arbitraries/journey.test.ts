import { describe, expect, test } from "vitest";
import { type Recipe, schema } from "../recipe/Recipe.js";
import { drawRecipe } from "./draw.js";
import { journey, ONE_BY_ONE } from "./journey.js";

const DRAWS = 2000;
const source = journey();
const usual = Array.from({ length: DRAWS }, (_, index) => drawRecipe(source, 42, "journey", index).value);
/** The share of the usual draws of which something is true. */
const share = (is: (recipe: Recipe) => boolean): number => usual.filter(is).length / DRAWS;

describe("the usual mix", () => {
  test.each(schema.packet.fields.gso.names)("has packets of kind %s", (gso) => {
    expect(share(({ packet }) => packet.gso === gso)).toBeGreaterThan(0.03);
  });

  test.each(schema.packet.fields.arrival.names)("has packets that arrive by %s", (arrival) => {
    expect(share(({ packet }) => packet.arrival === arrival)).toBeGreaterThan(0.04);
  });

  test.each(schema.holder.fields.exit.names)("has holders that end at %s", (exit) => {
    expect(share(({ holders }) => holders.some((holder) => holder.exit === exit))).toBeGreaterThan(0.05);
  });

  test.each(schema.tunnel.fields.kind.names)("has packets inside %s", (kind) => {
    expect(share(({ packet }) => packet.tunnels.some((tunnel) => tunnel.kind === kind))).toBeGreaterThan(0.02);
  });

  test.each(schema.middleStep.fields.do.names)("has packets that go through %s", (step) => {
    expect(share(({ middle }) => middle.some((one) => one.do === step))).toBeGreaterThan(0.01);
  });

  test.each(schema.member.fields.odd.names)("has frames that are odd by %s", (odd) => {
    expect(share(({ packet }) => packet.members.some((member) => member.odd === odd))).toBeGreaterThan(0.005);
  });

  test("mostly has batches in which every frame continues the one before", () => {
    const batches = usual.filter(({ packet }) => ONE_BY_ONE.includes(packet.arrival) && packet.members.length > 0);
    const alike = batches.filter(({ packet }) =>
      packet.members.every(({ odd, flow }) => odd === "nothing" && flow === 0),
    );
    expect(batches.length).toBeGreaterThan(0.25 * DRAWS);
    expect(alike.length / batches.length).toBeGreaterThan(0.5);
    expect(alike.length).toBeLessThan(batches.length);
  });

  test("mostly has packets without tunnels and without middleboxes", () => {
    expect(share(({ packet }) => packet.tunnels.length === 0)).toBeGreaterThan(0.7);
    expect(share(({ middle }) => middle.length === 0)).toBeGreaterThan(0.65);
  });
});
