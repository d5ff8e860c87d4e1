import { describe, expect, test } from "vitest";
import { NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { csumStartAtTransport } from "./csumStartAtTransport.js";

describe("csum-start-at-transport", () => {
  test("holds of the generic path", () => {
    expect(judge(csumStartAtTransport, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("holds of a list", () => {
    expect(judge(csumStartAtTransport, sampleRun({ checksum: "partial" }))).toEqual("holds");
  });

  test("is broken by the head's offset in a member", () => {
    const run = bend(sampleRun({ checksum: "partial" }), (r) => {
      segmentOf(r, 1).csumStart += 16;
    });
    expect(judge(csumStartAtTransport, run)).toEqual(["list path: csum_start"]);
  });

  test("is broken by the offset of another protocol", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 0).csumOffset = 16;
    });
    expect(judge(csumStartAtTransport, run)).toEqual(["generic path: csum_offset"]);
  });

  test("does not apply to a list that came with another start", () => {
    const run = bend(sampleRun({ checksum: "partial" }), (r) => {
      firstCall(r).input.csumStart += 199;
    });
    expect(judge(csumStartAtTransport, run)).toEqual("not-applicable");
  });

  test("does not apply to segments that are complete", () => {
    expect(
      judge(csumStartAtTransport, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG })),
    ).toEqual("not-applicable");
  });
});
