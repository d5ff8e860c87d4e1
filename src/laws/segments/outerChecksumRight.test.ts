import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { outerChecksumRight } from "./outerChecksumRight.js";

const tunnelled = (more: SampleOptions = {}) =>
  sampleRun({ gso: "tcp", payloads: [8, 8, 3], tunnel: "vxlan", outerChecksum: true, ...more });

describe("outer-checksum-right", () => {
  test("holds around inner sums that are made, and around such as are still to be completed", () => {
    const runs = [tunnelled(), tunnelled({ features: 0 }), tunnelled({ tunnel: "gre" }), tunnelled({ gso: "udp-l4" })];
    expect(runs.map((run) => judge(outerChecksumRight, run))).toEqual(runs.map(() => "holds"));
  });
  test("is broken by a sum that does not foresee the inner one", () => {
    const [udp, gre] = [tunnelled(), tunnelled({ tunnel: "gre" })].map((run) =>
      bend(run, (r) => poke(segmentOf(r, 1), run.recipe.packet.tunnels[0]?.kind === "gre" ? 38 : 40, 0x12, 0x34)),
    );
    expect(udp && judge(outerChecksumRight, udp)).toEqual(["generic path (tcp in a tunnel): UDP"]);
    expect(gre && judge(outerChecksumRight, gre)).toEqual(["generic path (tcp in a tunnel): GRE"]);
  });
  test("is broken on the list path", () => {
    const list = sampleRun({ tunnel: "vxlan", outerChecksum: true });
    expect(judge(outerChecksumRight, list)).toBe("holds");
    expect(
      judge(
        outerChecksumRight,
        bend(list, (r) => poke(segmentOf(r, 1), 40, 1, 2)),
      ),
    ).toEqual(["list path (fraglist in a tunnel): UDP"]);
  });
  test("leaves a sum alone that the device will complete", () => {
    const run = bend(tunnelled({ features: 0 }), (r) => {
      for (const view of firstCall(r).segments) {
        poke(view, 40, 1, 2);
        Object.assign(view, { ipSummed: 3, csumStart: view.macHeader + 34, csumOffset: 6 });
      }
    });
    expect(judge(outerChecksumRight, run)).toBe("not-applicable");
  });
  test("does not apply without an outer sum, or with one that was wrong from the start", () => {
    const wrong = bend(tunnelled(), (r) => poke(firstCall(r).input, 40, 1, 2));
    expect([tunnelled({ outerChecksum: false }), wrong].map((run) => judge(outerChecksumRight, run))).toEqual([
      "not-applicable",
      "not-applicable",
    ]);
  });
});
