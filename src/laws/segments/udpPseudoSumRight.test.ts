import { describe, expect, test } from "vitest";
import { CHECKSUM_PARTIAL, NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { udpPseudoSumRight } from "./udpPseudoSumRight.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("udp-pseudo-sum-right", () => {
  test("holds of the generic path", () => {
    expect(judge(udpPseudoSumRight, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("holds of a list of such datagrams", () => {
    expect(judge(udpPseudoSumRight, sampleRun({ checksum: "partial" }))).toEqual("holds");
  });

  test("holds of partial segments", () => {
    expect(
      judge(
        udpPseudoSumRight,
        sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      ),
    ).toEqual("holds");
  });

  test("is broken by the sum for another length", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      poke(segmentOf(r, 2), 61, 1 + (segmentOf(r, 1).linear[61] ?? 0));
    });
    expect(judge(udpPseudoSumRight, run)).toEqual(["generic path: later"]);
  });

  test("is broken by a sum of another address", () => {
    const run = bend(sampleRun({ family: "ipv4", gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      poke(segmentOf(r, 0), 29, 9);
    });
    expect(judge(udpPseudoSumRight, run)).toEqual(["generic path: first"]);
  });

  test("does not apply to segments that are complete", () => {
    expect(
      judge(udpPseudoSumRight, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG })),
    ).toEqual("not-applicable");
  });

  test("does not apply to a list whose datagrams had full sums", () => {
    const run = bend(sampleRun(), (r) => {
      for (const segment of firstCall(r).segments) segment.ipSummed = CHECKSUM_PARTIAL;
    });
    expect(judge(udpPseudoSumRight, run)).toEqual("not-applicable");
  });
});
