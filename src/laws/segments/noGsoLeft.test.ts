import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG, SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { noGsoLeft } from "./noGsoLeft.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("no-gso-left", () => {
  test("holds of plain segments", () => {
    expect(judge(noGsoLeft, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("holds of a list", () => {
    expect(judge(noGsoLeft, sampleRun())).toEqual("holds");
  });

  test("is broken by a segment that would be cut again", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).shinfo.gsoSize = 5;
    });
    expect(judge(noGsoLeft, run)).toEqual(["list path: gso_size"]);
  });

  test("is broken by marks on the head of a list", () => {
    const run = bend(sampleRun(), (r) => {
      Object.assign(segmentOf(r, 0).shinfo, { gsoSegs: 3, gsoType: SKB_GSO_FRAGLIST });
    });
    expect(judge(noGsoLeft, run)).toEqual(["head: gso_segs", "head: gso_type"]);
  });

  test("does not apply to partial segments", () => {
    expect(
      judge(noGsoLeft, sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL })),
    ).toEqual("not-applicable");
  });
});
