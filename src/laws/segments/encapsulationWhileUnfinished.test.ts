import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { encapsulationWhileUnfinished } from "./encapsulationWhileUnfinished.js";

const tunnelled = (more: SampleOptions = {}) =>
  sampleRun({ gso: "tcp", payloads: [8, 8, 3], tunnel: "vxlan", outerChecksum: true, ...more });

describe("encapsulation-while-unfinished", () => {
  test("holds with the inner sum left open, and with it made", () => {
    expect([tunnelled(), tunnelled({ features: 0 })].map((run) => judge(encapsulationWhileUnfinished, run))).toEqual([
      "holds",
      "holds",
    ]);
  });
  test("is broken by a mark that is missing, or left over", () => {
    const without = bend(tunnelled(), (r) => void (segmentOf(r, 1).encapsulation = false));
    const left = bend(tunnelled({ features: 0 }), (r) => void (segmentOf(r, 1).encapsulation = true));
    expect([without, left].map((run) => judge(encapsulationWhileUnfinished, run))).toEqual([
      ["generic path (tcp in a tunnel): missing"],
      ["generic path (tcp in a tunnel): left over"],
    ]);
  });
  test("an outer sum left open needs no mark", () => {
    const run = bend(tunnelled({ features: 0 }), (r) => {
      const view = segmentOf(r, 1);
      Object.assign(view, { ipSummed: 3, csumStart: view.macHeader + 34, csumOffset: 6 });
    });
    expect(judge(encapsulationWhileUnfinished, run)).toBe("holds");
  });
  test("does not apply to IP in IP, which keeps the mark", () => {
    expect(judge(encapsulationWhileUnfinished, tunnelled({ tunnel: "ip" }))).toBe("not-applicable");
  });
});
