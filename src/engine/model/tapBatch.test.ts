import { expect, test } from "vitest";
import { mainline } from "../../kernel/Kernel.js";
import { Memory } from "../../memory/Memory.js";
import { Napi, napiFreeFrags } from "../../net/core/gro/napi.js";
import { GRO_LEGACY_MAX_SIZE, netDevice } from "../../net/core/NetDevice.js";
import { type PacketRecipe, schema } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { kfreeSkb } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { alive, NOTHING_ALIVE, reportsOf } from "../../skb/testing/make.js";
import { framesOf } from "./groArrival.js";
import { planPacket } from "./packetPlan.js";
import { writeBatch } from "./tapBatch.js";
import { World } from "./World.js";

const least = leastOf(schema.packet);
const receive = {
  gro: true,
  groFraglist: false,
  groUdpFwd: false,
  groMaxSize: GRO_LEGACY_MAX_SIZE,
  groIpv4MaxSize: GRO_LEGACY_MAX_SIZE,
};

/** Writes three TCP frames; what became of each, and the lengths of what came out. */
function written(asFragments: boolean, failures: readonly number[] = [], more: Partial<PacketRecipe> = {}) {
  const world = new World(new Memory(), mainline.seams);
  const member = { ...leastOf(schema.member), payload: 20 };
  const head = { ...least.head, payload: 20 };
  const plan = planPacket({
    ...least,
    arrival: "tap-napi",
    gso: "tcp",
    checksum: "none",
    head,
    members: [member, member],
    ...more,
  });
  const delivered: SkBuff[] = [];
  const napi = new Napi(netDevice("tap", 0, { receive, startXmit: kfreeSkb }), (skb) => delivered.push(skb));
  world.mem.startCounting(failures);
  const results = writeBatch(world, napi, framesOf(plan), asFragments);
  const lengths = delivered.map(({ len }) => len);
  for (const skb of delivered) kfreeSkb(skb);
  napiFreeFrags(napi);
  expect([reportsOf(world.mem), alive(world.mem), world.sender.wmemAlloc]).toEqual([[], NOTHING_ALIVE, 1]);
  return [results, lengths];
}

test("a batch is polled as one, and each frame has its verdict", () => {
  expect(written(false)).toEqual([["held", "merged_free", "merged_free"], [60 + 60]]);
});

test("a frame that cannot be written has no verdict, and the others have their own", () => {
  expect(written(false, [1])).toEqual([["ENOMEM", "held", "merged_free"], [60 + 40]]);
  const [results] = written(false, [2]) as [string[]];
  expect(results.filter((one) => one === "ENOMEM")).toHaveLength(1);
});

test("fragments go through at once, one frame after the other", () => {
  expect(written(true)).toEqual([
    ["taken", "taken", "taken"],
    [80, 80, 80],
  ]);
  expect(written(true, [1])).toEqual([
    ["ENOMEM", "taken", "taken"],
    [80, 80],
  ]);
});

test("a checksum that is left for later is announced in the header of each write", () => {
  const partial = { checksum: "partial" } as const;
  expect(written(false, [], partial)[0]).toEqual(["held", "merged_free", "merged_free"]);
  expect(written(true, [], partial)[0]).toEqual(["taken", "taken", "taken"]);
});
