import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { ipv6LengthRight } from "./ipv6LengthRight.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("ipv6-length-right", () => {
  test("holds of a list", () => {
    expect(judge(ipv6LengthRight, sampleRun())).toEqual("holds");
  });

  test("holds of fragments", () => {
    expect(judge(ipv6LengthRight, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("holds of partial segments", () => {
    expect(
      judge(
        ipv6LengthRight,
        sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      ),
    ).toEqual("holds");
  });

  test("is broken by the length of the aggregate", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 0), 19, 21);
    });
    expect(judge(ipv6LengthRight, run)).toEqual(["list path"]);
  });

  test("does not apply to IPv4", () => {
    expect(judge(ipv6LengthRight, sampleRun({ family: "ipv4" }))).toEqual("not-applicable");
  });
});
