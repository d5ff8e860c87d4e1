import { describe, expect, test } from "vitest";
import { CHECKSUM_COMPLETE, CHECKSUM_PARTIAL, NETIF_F_IP_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { noPartialWithoutOffload } from "./noPartialWithoutOffload.js";

describe("no-partial-without-offload", () => {
  test("holds of sums made in software", () => {
    expect(
      judge(noPartialWithoutOffload, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG })),
    ).toEqual("holds");
  });

  test("is broken by a sum left to a device that cannot", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG }), (r) => {
      segmentOf(r, 1).ipSummed = CHECKSUM_PARTIAL;
    });
    expect(judge(noPartialWithoutOffload, run)).toEqual(["generic path: PARTIAL"]);
  });

  test("is broken by a sum for the whole aggregate", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG }), (r) => {
      segmentOf(r, 1).ipSummed = CHECKSUM_COMPLETE;
    });
    expect(judge(noPartialWithoutOffload, run)).toEqual(["generic path: COMPLETE"]);
  });

  test("is broken by offload for the other family", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).features = NETIF_F_SG | NETIF_F_IP_CSUM;
    });
    expect(judge(noPartialWithoutOffload, run)).toEqual(["generic path: PARTIAL"]);
  });

  test("does not apply to a device that can", () => {
    expect(judge(noPartialWithoutOffload, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual(
      "not-applicable",
    );
  });

  test("does not apply to the list path", () => {
    expect(judge(noPartialWithoutOffload, sampleRun({ features: 0 }))).toEqual("not-applicable");
  });
});
