import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { type FloodOptions, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable } from "../testing/sampleRun.js";
import { editsReachEveryFrame } from "./editsReachEveryFrame.js";

const translated = (options: FloodOptions = {}, change: (run: Mutable<Run>) => void = () => {}) =>
  bend(floodRun({ exits: ["port"], ...options }), (run) => {
    const [holder] = run.recipe.holders;
    if (holder !== undefined) holder.before = [{ do: "nat-source", bytes: 0 }];
    change(run);
  });

describe("edits-reach-every-frame", () => {
  test("holds when all frames have what the packet has", () => {
    expect(judge(editsReachEveryFrame, translated())).toBe("holds");
    expect(judge(editsReachEveryFrame, translated({ gso: "tcp", tunnel: "vxlan" }))).toBe("holds");
  });
  test("is broken by a member with the old address, or the old port", () => {
    const address = translated({}, ({ holders }) => void holders[0]?.frames[1]?.bytes?.fill(9, 37, 38));
    const port = translated({ gso: "tcp" }, ({ holders }) => void holders[0]?.frames[0]?.bytes?.fill(9, 55, 56));
    expect(judge(editsReachEveryFrame, address)).toEqual(["addresses of a later frame (fraglist)"]);
    expect(judge(editsReachEveryFrame, port)).toEqual(["ports of the first frame (tcp)"]);
  });
  test("is broken by a member of the family that the packet had before", () => {
    const old = floodRun({ exits: ["port"], family: "ipv4" }).holders[0]?.frames[1];
    const run = translated({}, ({ holders }) => void Object.assign(holders[0]?.frames[1] ?? {}, { bytes: old?.bytes }));
    expect(judge(editsReachEveryFrame, run)).toEqual(["family of a later frame (fraglist)"]);
  });
  test("does not apply where nothing was rewritten", () => {
    expect(judge(editsReachEveryFrame, floodRun())).toBe("not-applicable");
    const failed = bend(floodRun(), ({ recipe, packet }) => {
      recipe.middle = [{ do: "translate", bytes: 0 }];
      packet.middle = ["not applicable"];
    });
    expect(judge(editsReachEveryFrame, failed)).toBe("not-applicable");
  });
});
