import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_UDP_L4, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import type { Recipe } from "../../recipe/Recipe.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { takesWholeWhatItCan } from "./takesWholeWhatItCan.js";

const features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_UDP_L4;
const segmented = (change: (recipe: Mutable<Recipe>) => void = () => {}) =>
  bend(sampleRun({ gso: "udp-l4", features }), ({ recipe, holders }) => {
    for (const holder of recipe.holders) holder.device.gsoMaxSegs = 65535;
    if (holders[0] !== undefined) holders[0].features = features;
    change(recipe);
  });
const whole = () =>
  bend(segmented(), ({ holders, packet }) => {
    const [frame] = holders[0]?.frames ?? [];
    if (holders[0] === undefined || frame === undefined || packet.view === undefined) return;
    holders[0].frames = [{ ...frame, view: packet.view, bytes: packet.view.bytes }];
  });

describe("takes-whole-what-it-can", () => {
  test("holds when the packet left in one frame", () => {
    expect(judge(takesWholeWhatItCan, whole())).toBe("holds");
  });
  test("is broken when it was cut in software, or dropped", () => {
    expect(judge(takesWholeWhatItCan, segmented())).toEqual(["segmented"]);
    const dropped = bend(segmented(), ({ holders }) =>
      Object.assign(holders[0] as object, { outcome: "dropped", frames: [] }),
    );
    expect(judge(takesWholeWhatItCan, dropped)).toEqual(["dropped"]);
  });
  test("does not apply to what hardware may refuse", () => {
    const reasons: ((recipe: Mutable<Recipe>) => void)[] = [
      (recipe) => recipe.packet.vlan.push({ tpid: "802.1Q", tci: 1 }),
      (recipe) => recipe.packet.extensions.push({ kind: "routing", units: 0 }),
      (recipe) => Object.assign(recipe.packet, { optionWords: 1 }),
      (recipe) => Object.assign(recipe.packet, { acceleratedVlan: true }),
      (recipe) => Object.assign(recipe, { failures: [1] }),
      ({ holders }) => Object.assign(holders[0]?.device as object, { gsoMaxSegs: 2 }),
      ({ holders }) => Object.assign(holders[0]?.device as object, { gsoPartial: true }),
      ({ holders }) => Object.assign(holders[0] as object, { before: [{ do: "pull", bytes: 1 }] }),
    ];
    expect(reasons.map((reason) => judge(takesWholeWhatItCan, segmented(reason)))).toEqual(
      reasons.map(() => "not-applicable"),
    );
  });
  test("does not apply to lists, to other devices, to a checksum that starts elsewhere", () => {
    expect(judge(takesWholeWhatItCan, sampleRun({ features }))).toBe("not-applicable");
    expect(judge(takesWholeWhatItCan, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
    const elsewhere = bend(segmented(), ({ holders }) =>
      Object.assign(holders[0]?.entered as object, { csumStart: 3 }),
    );
    expect(judge(takesWholeWhatItCan, elsewhere)).toBe("not-applicable");
  });
});
