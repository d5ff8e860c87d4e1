/** A packet that was laid out or written into a tap, for unit tests of what middleboxes do to it. */
import { expect } from "vitest";
import { CHECKSUM_COMPLETE, gsoTypeNames } from "../../../abi/features.js";
import { csumFold } from "../../../bytes/checksum.js";
import { mainline } from "../../../kernel/Kernel.js";
import { Memory } from "../../../memory/Memory.js";
import { type MiddleRecipe, type PacketRecipe, schema } from "../../../recipe/Recipe.js";
import { leastOf } from "../../../recipe/schema.js";
import { kfreeSkb } from "../../../skb/free.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { alive, flatten, NOTHING_ALIVE, reportsOf } from "../../../skb/testing/make.js";
import { arrive } from "../arrival.js";
import { doMiddleStep } from "../middle.js";
import { planPacket } from "../packetPlan.js";
import { World } from "../World.js";

const least = leastOf(schema.packet);
export type Drawn = Partial<PacketRecipe>;
export const head = (payload: number, more: Partial<PacketRecipe["head"]> = {}) => ({
  ...least.head,
  payload,
  ...more,
});
export const step = (what: MiddleRecipe["do"], bytes = 0): MiddleRecipe => ({ do: what, bytes });

/** A packet before anybody dealt with it. */
export function packet(more: Drawn) {
  const world = new World(new Memory(), mainline.seams);
  const plan = planPacket({ ...least, gso: "none", checksum: "none", head: head(301), ...more });
  const { skb } = arrive(world, plan);
  if (skb === null) throw new Error("the packet did not arrive");
  return { world, plan, skb };
}

/** The frame of a packet from its link header on. */
export function frameOf(skb: SkBuff): Uint8Array {
  const link = skb.mem.arena.bytes.slice(skb.head.base + skb.macHeader, skb.head.base + skb.data);
  return Uint8Array.from([...link, ...flatten(skb)]);
}

/** Deals with a packet, and expects that nobody noticed anything and that it goes without a trace. */
export function dealt(drawn: Drawn, ...steps: readonly MiddleRecipe[]) {
  const { world, plan, skb } = packet(drawn);
  const results = steps.map((one) => doMiddleStep(world, skb, one));
  const seen = { ...world.observer.view(skb), frame: frameOf(skb), transport: plan.transport.name, plan };
  const shape = `${gsoTypeNames(seen.shinfo.gsoType)} ${seen.shinfo.gsoSize} ${seen.shinfo.gsoSegs}`;
  const sumFits = skb.ipSummed !== CHECKSUM_COMPLETE || csumFold(skb.csum) === csumFold(slowSum(flatten(skb)));
  const kept = world.kept.length;
  kfreeSkb(skb);
  for (const one of world.kept.splice(0)) kfreeSkb(one);
  expect([reportsOf(world.mem), alive(world.mem), world.sender.wmemAlloc]).toEqual([[], NOTHING_ALIVE, 1]);
  expect(Object.values(world.heldReferences())).toEqual([0, 0, 0, 0, 0, 0]);
  return { ...seen, results, shape, sumFits, kept };
}

function slowSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] as number) * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 65_536) + Math.floor(sum / 65_536);
  return sum;
}
