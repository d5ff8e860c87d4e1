import { expect, test } from "vitest";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { mainline } from "../../kernel/Kernel.js";
import { Memory } from "../../memory/Memory.js";
import { type PacketRecipe, schema } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { kfreeSkb } from "../../skb/free.js";
import { alive, flatten, NOTHING_ALIVE, reportsOf } from "../../skb/testing/make.js";
import { parseHeaders, sctpChecksumState, udpChecksumState } from "../../wire/frame.js";
import { arrive } from "./arrival.js";
import { Holder } from "./Holder.js";
import { operate } from "./operations.js";
import { planPacket } from "./packetPlan.js";
import { World } from "./World.js";

const holderRecipe = leastOf(schema.holder);
const least = leastOf(schema.packet);

/** Has one operation done to a packet; what is left of it. */
function done(packet: Partial<PacketRecipe>, what: "checksum-help") {
  const world = new World(new Memory(), mainline.seams);
  const { skb } = arrive(world, planPacket({ ...least, ...packet }));
  if (skb === null) throw new Error("the packet did not arrive");
  const holder = new Holder(0, holderRecipe);
  holder.skb = skb;
  const result = operate(world, holder, { do: what, bytes: 0 });
  const left = { result, ipSummed: skb.ipSummed, bytes: flatten(skb), protocol: skb.protocol };
  kfreeSkb(skb);
  expect([reportsOf(world.mem), alive(world.mem)]).toEqual([[], NOTHING_ALIVE]);
  return left;
}

test.each([
  ["sctp", sctpChecksumState],
  ["none", udpChecksumState],
] as const)("checksum-help completes %s by its own kind of checksum", (gso, stateOf) => {
  const { result, ipSummed, bytes, protocol } = done(
    { gso, checksum: "partial", head: { ...least.head, payload: 40 } },
    "checksum-help",
  );
  const headers = parseHeaders(bytes, 0, protocol);
  if (headers === undefined) throw new Error("no headers");
  expect([result, ipSummed, stateOf(bytes, headers)]).toEqual(["ok", CHECKSUM_NONE, "ok"]);
});

test("checksum-help leaves alone what is still to be cut", () => {
  const { result, ipSummed } = done(
    { gso: "udp-l4", gsoSize: 10, checksum: "partial", head: { ...least.head, payload: 40 } },
    "checksum-help",
  );
  expect([result, ipSummed]).toEqual(["ok", CHECKSUM_PARTIAL]);
});
