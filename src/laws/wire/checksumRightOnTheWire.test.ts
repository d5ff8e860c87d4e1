import { describe, expect, test } from "vitest";
import { NETIF_F_IP_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type SampleOptions, sampleRun } from "../testing/sampleRun.js";
import { checksumRightOnTheWire } from "./checksumRightOnTheWire.js";

const spoilt = (options: SampleOptions, at: number, value: number) =>
  bend(sampleRun(options), ({ holders }) => holders[0]?.frames[1]?.bytes?.set([value], at));
const CHECK = 14 + 40 + 6;

describe("checksum-right-on-the-wire", () => {
  test("holds for sums that are right, left to the device, or not wanted", () => {
    const runs: SampleOptions[] = [
      {},
      { checksum: "partial" },
      { zeroChecksum: true },
      { gso: "udp-l4" },
      { gso: "udp-l4", features: NETIF_F_SG },
      { gso: "udp-l4", family: "ipv4", features: NETIF_F_SG | NETIF_F_IP_CSUM },
    ];
    expect(runs.map((options) => judge(checksumRightOnTheWire, sampleRun(options)))).toEqual(runs.map(() => "holds"));
  });
  test("is broken by a wrong sum", () => {
    expect(judge(checksumRightOnTheWire, spoilt({}, CHECK, 0x5a))).toEqual(["udphdr.check (fraglist)"]);
    expect(judge(checksumRightOnTheWire, spoilt({ gso: "udp-l4", features: NETIF_F_SG }, CHECK + 4, 0x5a))).toEqual([
      "udphdr.check (udp-l4)",
    ]);
  });
  test("is broken by a pseudo-header sum that does not fit, or by a start in the wrong place", () => {
    expect(judge(checksumRightOnTheWire, spoilt({ gso: "udp-l4" }, CHECK, 0x5a))).toEqual([
      "pseudo-header sum (udp-l4)",
    ]);
    const moved = bend(sampleRun({ gso: "udp-l4" }), ({ holders }) => {
      for (const { view } of holders[0]?.frames ?? []) view.csumStart += 2;
    });
    expect(judge(checksumRightOnTheWire, moved)).toEqual(["csum_start (udp-l4)"]);
  });
  test("is broken when the device cannot finish what was left to it", () => {
    const run = bend(sampleRun({ gso: "udp-l4" }), ({ holders }) => {
      if (holders[0] !== undefined) holders[0].features = NETIF_F_SG | NETIF_F_IP_CSUM;
    });
    expect(judge(checksumRightOnTheWire, run)).toEqual(["ip_summed (udp-l4)"]);
  });
  test("does not take an absent sum for a computed zero", () => {
    const run = bend(spoilt({}, CHECK, 0), ({ holders }) => holders[0]?.frames[1]?.bytes?.set([0, 0], CHECK));
    expect(judge(checksumRightOnTheWire, run)).toEqual(["udphdr.check (fraglist)"]);
  });
  test("skips fragments, trimmed packets, packets that never had a right sum", () => {
    expect(judge(checksumRightOnTheWire, sampleRun({ gso: "ufo", family: "ipv4" }))).toBe("not-applicable");
    const trimmed = bend(spoilt({}, CHECK, 0x5a), ({ recipe }) => {
      for (const holder of recipe.holders) holder.before = [{ do: "trim", bytes: 1 }];
    });
    expect(judge(checksumRightOnTheWire, trimmed)).toBe("not-applicable");
    const foreign = bend(sampleRun({ gso: "udp-l4" }), ({ recipe }) => {
      recipe.packet.checksumStart = 8;
    });
    expect(judge(checksumRightOnTheWire, foreign)).toBe("not-applicable");
    expect(judge(checksumRightOnTheWire, sampleRun({ gso: "udp-l4", checksum: "none" }))).toBe("not-applicable");
  });
  test("does not apply to local delivery", () => {
    expect(judge(checksumRightOnTheWire, floodRun({ exits: ["local"] }))).toBe("not-applicable");
  });
});
