import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { validNeverRefused } from "./validNeverRefused.js";

const dropped = (change: (run: Mutable<Run>) => void = () => {}) =>
  bend(sampleRun(), (run) => {
    Object.assign(run.holders[0] as object, { outcome: "dropped", dropReason: "EINVAL", frames: [] });
    change(run);
  });

describe("valid-never-refused", () => {
  test("holds when the packet left", () => {
    expect(judge(validNeverRefused, sampleRun())).toBe("holds");
  });
  test("is broken when it was dropped", () => {
    expect(validNeverRefused.check(dropped(), {})).toMatchObject([{ place: "dropped", received: "dropped, EINVAL" }]);
  });
  test("does not apply to packets of another make", () => {
    const makes: ((run: Mutable<Run>) => void)[] = [
      ({ recipe }) => Object.assign(recipe, { failures: [1] }),
      ({ recipe }) => Object.assign(recipe, { switches: [{ holder: 0, touch: 1, to: 1 }] }),
      ({ recipe }) => Object.assign(recipe.holders[0] as object, { before: [{ do: "pull", bytes: 1 }] }),
      ({ packet }) => Object.assign(packet, { arrival: "accepted" }),
      ({ packet }) => Object.assign(packet.view?.shinfo as object, { gsoSize: 4 }),
      ({ recipe }) =>
        Object.assign(recipe.packet, { vlan: Array.from({ length: 7 }, () => ({ tpid: "802.1Q", tci: 1 })) }),
    ];
    expect(makes.map((make) => judge(validNeverRefused, dropped(make)))).toEqual(makes.map(() => "not-applicable"));
    expect(judge(validNeverRefused, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
    expect(judge(validNeverRefused, floodRun({ exits: ["local"] }))).toBe("not-applicable");
  });
});
