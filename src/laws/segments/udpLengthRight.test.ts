import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { udpLengthRight } from "./udpLengthRight.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("udp-length-right", () => {
  test("holds of a list", () => {
    expect(judge(udpLengthRight, sampleRun())).toEqual("holds");
  });

  test("holds of the generic path", () => {
    expect(judge(udpLengthRight, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("holds of partial segments", () => {
    expect(
      judge(
        udpLengthRight,
        sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      ),
    ).toEqual("holds");
  });

  test("is broken by the length of the aggregate", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 0), 59, 21);
    });
    expect(judge(udpLengthRight, run)).toEqual(["list path: first"]);
  });

  test("is broken by a last segment with the length of the others", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      poke(segmentOf(r, 2), 59, 13);
    });
    expect(judge(udpLengthRight, run)).toEqual(["generic path: last"]);
  });

  test("is broken in the middle", () => {
    const run = bend(sampleRun({ family: "ipv4", gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      poke(segmentOf(r, 1), 39, 0);
    });
    expect(judge(udpLengthRight, run)).toEqual(["generic path: middle"]);
  });

  test("does not apply to a list that was trimmed", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).input.len -= 1;
    });
    expect(judge(udpLengthRight, run)).toEqual("not-applicable");
  });

  test("does not apply to fragments", () => {
    expect(judge(udpLengthRight, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("not-applicable");
  });
});
