import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { gsoSegsRight } from "./gsoSegsRight.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("gso-segs-right", () => {
  test("holds of partial segments", () => {
    expect(
      judge(gsoSegsRight, sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL })),
    ).toEqual("holds");
  });

  test("is broken by a count that is one short", () => {
    const run = bend(
      sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      (r) => {
        segmentOf(r, 1).shinfo.gsoSegs = 1;
      },
    );
    expect(judge(gsoSegsRight, run)).toEqual(["gso_segs"]);
  });

  test("is broken by a last segment with the count of the others", () => {
    const run = bend(
      sampleRun({ gso: "udp-l4", payloads: [20], gsoSize: 3, partialSegs: 4, features: PARTIAL }),
      (r) => {
        segmentOf(r, 1).shinfo.gsoSegs = 4;
      },
    );
    expect(judge(gsoSegsRight, run)).toEqual(["last"]);
  });

  test("does not apply to whole datagrams", () => {
    expect(judge(gsoSegsRight, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("not-applicable");
  });
});
