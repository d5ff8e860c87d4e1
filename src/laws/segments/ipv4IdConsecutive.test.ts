import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { ipv4IdConsecutive } from "./ipv4IdConsecutive.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("ipv4-id-consecutive", () => {
  test("holds across 0xffff", () => {
    expect(judge(ipv4IdConsecutive, sampleRun({ family: "ipv4" }))).toEqual("holds");
  });

  test("holds of partial segments, which use up several", () => {
    expect(
      judge(
        ipv4IdConsecutive,
        sampleRun({ family: "ipv4", gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      ),
    ).toEqual("holds");
  });

  test("is broken by an identification that stays", () => {
    const run = bend(sampleRun({ family: "ipv4", gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      poke(segmentOf(r, 2), 18, 0xff, 0xff);
    });
    expect(judge(ipv4IdConsecutive, run)).toEqual(["generic path"]);
  });

  test("is broken by a member's own", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 1), 18, 0x12, 0x34);
    });
    expect(judge(ipv4IdConsecutive, run)).toEqual(["list path"]);
  });

  test("does not apply to fragments", () => {
    expect(judge(ipv4IdConsecutive, sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }))).toEqual(
      "not-applicable",
    );
  });
});
