/** The builder's promise for the whole declared space: whatever is drawn builds. */
import { describe, expect, test } from "vitest";
import { drawRecipe } from "../arbitraries/draw.js";
import { arbitraryOf } from "../arbitraries/fromSchema.js";
import { narrow } from "../arbitraries/narrow.js";
import { arrive } from "../engine/model/arrival.js";
import { aggregateHeaders, originalsOf } from "../engine/model/headers.js";
import { datagramsOf, planPacket } from "../engine/model/packetPlan.js";
import { readFrame } from "../engine/model/testing/readFrame.js";
import { World } from "../engine/model/World.js";
import { mainline } from "../kernel/Kernel.js";
import { Memory } from "../memory/Memory.js";
import { schema } from "../recipe/Recipe.js";
import { kfreeSkb } from "../skb/free.js";
import { alive, brokenRules, flatten, NOTHING_ALIVE, reportsOf } from "../skb/testing/make.js";

describe("every recipe", () => {
  const DRAWS = 400;
  const laidOutOrWritten = narrow(schema.packets, { "packet.arrival": { names: ["stack", "tap"] } });
  const source = { arbitrary: arbitraryOf(laidOutOrWritten) };
  const draws = Array.from({ length: DRAWS }, (_, i) => drawRecipe(source, 1, "arrival", i).value.packet);

  test("builds into sound sk_buffs with the frame that the plan says, and leaves nothing behind", () => {
    const seen = new Set<string>();
    for (const packet of draws) {
      const world = new World(new Memory(), mainline.seams);
      const plan = planPacket(packet);
      const { skb } = arrive(world, plan);
      seen.add(`${plan.recipe.arrival} ${plan.recipe.gso} ${skb === null ? "refused" : ""}`);
      expect(reportsOf(world.mem)).toEqual([]);
      if (skb !== null) {
        expect(brokenRules([...new Set([skb, ...world.kept])])).toEqual([]);
        if (plan.recipe.arrival === "stack") {
          const frame = Uint8Array.from([...aggregateHeaders(plan), ...plan.payload]);
          expect(Buffer.compare(flatten(skb), frame.subarray(plan.macLen))).toBe(0);
        }
        kfreeSkb(skb);
      }
      for (const one of world.kept) kfreeSkb(one);
      for (const { managed } of world.zerocopy) for (const page of managed) page.put();
      expect([reportsOf(world.mem), alive(world.mem), world.sender.wmemAlloc]).toEqual([[], NOTHING_ALIVE, 1]);
    }
    for (const gso of ["udp-l4", "ufo", "tcp", "none"]) expect([...seen]).toContain(`tap ${gso} `);
    for (const gso of schema.packet.fields.gso.names) expect([...seen]).toContain(`stack ${gso} `);
  });

  test("has headers that a slow reader finds where the plan says, with lengths that agree", () => {
    for (const packet of draws) {
      const plan = planPacket(packet);
      const { wrong, payloadAt, headers } = readFrame(Uint8Array.from([...aggregateHeaders(plan), ...plan.payload]));
      expect([wrong, payloadAt]).toEqual([[], plan.headerLen]);
      expect(headers.some(({ at }) => at === plan.networkOffset)).toBe(true);
      expect(headers.at(-1)).toMatchObject({ name: plan.transport.name, at: plan.transportOffset });
      for (const original of originalsOf(plan)) expect(readFrame(original).wrong).toEqual([]);
      expect(Buffer.compare(Buffer.concat(datagramsOf(plan)), plan.payload)).toBe(0);
    }
  });
});
