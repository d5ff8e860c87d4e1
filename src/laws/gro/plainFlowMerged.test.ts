import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { plainFlowMerged } from "./plainFlowMerged.js";

describe("plain-flow-merged", () => {
  test("holds when all came as one packet", () => {
    const runs = [groRun(), groRun({ gso: "tcp", payloads: [8, 8, 3] }), groRun({ gso: "udp-l4", family: "ipv4" })];
    expect(runs.map((run) => judge(plainFlowMerged, run))).toEqual(["holds", "holds", "holds"]);
  });
  test("is broken by one that was left out", () => {
    expect(judge(plainFlowMerged, groRun({ merged: 2 }))).toEqual(["chained udp"]);
    expect(judge(plainFlowMerged, groRun({ gso: "tcp", payloads: [8, 8, 8], merged: 2 }))).toEqual(["merged tcp"]);
  });
  test("does not apply where something sets the frames apart", () => {
    const runs = [
      groRun({ payloads: [5, 5, 6], merged: 2 }),
      groRun({ gso: "tcp", payloads: [8, 8, 8], merged: 2, tcpFlags: 0x18 }),
      bendGro(groRun({ merged: 2 }), ({ frames }) => void frames[2]?.bytes.fill(9, 62, 63)),
      bendGro(groRun({ merged: 2 }), (_, { recipe }) => void Object.assign(recipe.packet.gro, { fraglist: false })),
      bendGro(groRun({ merged: 2 }), (_, { recipe }) => void (recipe.packet.arrival = "tap-frags")),
      groRun({ gso: "tcp", payloads: [8, 8, 8], merged: 2, tunnel: "vxlan" }),
    ];
    expect(runs.map((run) => judge(plainFlowMerged, run))).toEqual(runs.map(() => "not-applicable"));
  });
});
