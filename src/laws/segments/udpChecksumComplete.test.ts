import { describe, expect, test } from "vitest";
import { CHECKSUM_NONE, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { udpChecksumComplete } from "./udpChecksumComplete.js";

describe("udp-checksum-complete", () => {
  test("holds of a list", () => {
    expect(judge(udpChecksumComplete, sampleRun())).toEqual("holds");
  });

  test("holds of sums made in software", () => {
    expect(
      judge(udpChecksumComplete, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG })),
    ).toEqual("holds");
  });

  test("holds of a datagram put together", () => {
    expect(judge(udpChecksumComplete, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by a payload that its sum does not cover", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG }), (r) => {
      poke(segmentOf(r, 1), 62, 0xee);
    });
    expect(judge(udpChecksumComplete, run)).toEqual(["generic path: later"]);
  });

  test("is broken by a pseudo-header sum that nobody will complete", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      for (const segment of firstCall(r).segments) segment.ipSummed = CHECKSUM_NONE;
    });
    expect(judge(udpChecksumComplete, run)).toEqual(["generic path: first", "generic path: later"]);
  });

  test("is broken by an address in a list that changed without its sum", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 1), 29, 9);
    });
    expect(judge(udpChecksumComplete, run)).toEqual(["list path: later"]);
  });

  test("is broken by a sum in the first fragment that misses a later one", () => {
    const run = bend(sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }), (r) => {
      poke(segmentOf(r, 2), 34, 0xee);
    });
    expect(judge(udpChecksumComplete, run)).toEqual(["fragments"]);
  });

  test("does not apply to datagrams that arrived with a wrong sum", () => {
    const run = bend(sampleRun(), (r) => {
      for (const frame of r.packet.originals) frame[60] = 0x55;
      for (const segment of firstCall(r).segments) poke(segment, 60, 0x55);
    });
    expect(judge(udpChecksumComplete, run)).toEqual("not-applicable");
  });

  test("does not apply to datagrams without a sum", () => {
    expect(judge(udpChecksumComplete, sampleRun({ zeroChecksum: true }))).toEqual("not-applicable");
  });

  test("does not apply to an aggregate whose sum was wrong", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG }), (r) => {
      poke(firstCall(r).input, 60, 0x55);
    });
    expect(judge(udpChecksumComplete, run)).toEqual("not-applicable");
  });
});
