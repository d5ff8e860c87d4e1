import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG, SKB_GSO_DODGY } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, sampleView, segmentOf } from "../testing/sampleRun.js";
import { partialSizes } from "./partialSizes.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("partial-sizes", () => {
  test("holds of whole units", () => {
    expect(
      judge(partialSizes, sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL })),
    ).toEqual("holds");
  });

  test("is broken by a segment with a torn unit", () => {
    const run = bend(
      sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      (r) => {
        segmentOf(r, 1).bytes = new Uint8Array(62 + 5);
      },
    );
    expect(judge(partialSizes, run)).toEqual(["size"]);
  });

  test("is broken by a last segment with more than the others", () => {
    const run = bend(
      sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      (r) => {
        segmentOf(r, 2).bytes = new Uint8Array(62 + 7);
      },
    );
    expect(judge(partialSizes, run)).toEqual(["last"]);
  });

  test("is broken by a gso_size of the whole segment", () => {
    const run = bend(
      sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      (r) => {
        segmentOf(r, 1).shinfo.gsoSize = 6;
      },
    );
    expect(judge(partialSizes, run)).toEqual(["gso_size"]);
  });

  test("is broken by a label that distrusts the packet", () => {
    const run = bend(
      sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      (r) => {
        segmentOf(r, 0).shinfo.gsoType |= SKB_GSO_DODGY;
      },
    );
    expect(judge(partialSizes, run)).toEqual(["DODGY"]);
  });

  test("is broken by a label for a device without the feature", () => {
    const run = bend(
      sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      (r) => {
        firstCall(r).features = NETIF_F_SG | NETIF_F_HW_CSUM;
        firstCall(r).input.shinfo.members.push(sampleView());
      },
    );
    expect(judge(partialSizes, run)).toEqual(["PARTIAL"]);
  });

  test("does not apply to whole datagrams", () => {
    expect(judge(partialSizes, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("not-applicable");
  });
});
