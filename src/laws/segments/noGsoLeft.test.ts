import { describe, expect, test } from "vitest";
import {
  NETIF_F_GSO_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_TUNNEL,
} from "../../abi/features.js";
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

  test("does not apply where a device may cut further, and nobody can tell what", () => {
    const unreadable = (features: number) =>
      bend(sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, features }), (r) => {
        const [call] = r.calls;
        // As behind a port that was translated: the type says tunnel, and the headers show none.
        if (call !== undefined) call.input.shinfo.gsoType |= SKB_GSO_UDP_TUNNEL;
        segmentOf(r, 0).shinfo.gsoSize = 3;
      });
    expect(judge(noGsoLeft, unreadable(PARTIAL))).toBe("not-applicable");
    expect(judge(noGsoLeft, unreadable(NETIF_F_SG | NETIF_F_HW_CSUM))).toEqual(["generic path: gso_size"]);
  });
});
