import { describe, expect, test } from "vitest";
import { NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { udpChecksumNeverZero } from "./udpChecksumNeverZero.js";

describe("udp-checksum-never-zero", () => {
  test("holds of sums made in software", () => {
    expect(
      judge(udpChecksumNeverZero, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG })),
    ).toEqual("holds");
  });

  test("holds of a list", () => {
    expect(judge(udpChecksumNeverZero, sampleRun())).toEqual("holds");
  });

  test("holds of the first fragment", () => {
    expect(judge(udpChecksumNeverZero, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by a sum of 0", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG }), (r) => {
      poke(segmentOf(r, 1), 60, 0, 0);
    });
    expect(judge(udpChecksumNeverZero, run)).toEqual(["generic path"]);
  });

  test("is broken by a first fragment without a sum", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      poke(segmentOf(r, 0), 68, 0, 0);
    });
    expect(judge(udpChecksumNeverZero, run)).toEqual(["fragments"]);
  });

  test("is broken by a list that lost one", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 1), 60, 0, 0);
    });
    expect(judge(udpChecksumNeverZero, run)).toEqual(["list path"]);
  });

  test("does not apply to datagrams that never had one", () => {
    expect(judge(udpChecksumNeverZero, sampleRun({ zeroChecksum: true }))).toEqual("not-applicable");
  });

  test("does not apply to sums that a device completes", () => {
    expect(judge(udpChecksumNeverZero, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual(
      "not-applicable",
    );
  });
});
