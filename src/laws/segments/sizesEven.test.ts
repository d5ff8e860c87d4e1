import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { sizesEven } from "./sizesEven.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("sizes-even", () => {
  test("holds of segments of gso_size with a rest", () => {
    expect(judge(sizesEven, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("holds of fragments, the UDP header included", () => {
    expect(judge(sizesEven, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by a gso_size that was not kept to", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).input.shinfo.gsoSize = 4;
    });
    expect(judge(sizesEven, run)).toEqual(["generic path: count", "generic path: size", "generic path: last"]);
  });

  test("is broken by a byte too many at the end", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 2).bytes = new Uint8Array(62 + 4);
    });
    expect(judge(sizesEven, run)).toEqual(["generic path: last"]);
  });

  test("does not apply to the list path", () => {
    expect(judge(sizesEven, sampleRun())).toEqual("not-applicable");
  });

  test("does not apply to partial segments", () => {
    expect(
      judge(sizesEven, sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL })),
    ).toEqual("not-applicable");
  });
});
