import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { headerOffsetsRight } from "./headerOffsetsRight.js";

describe("header-offsets-right", () => {
  test("holds of a list", () => {
    expect(judge(headerOffsetsRight, sampleRun())).toEqual("holds");
  });

  test("holds of fragments", () => {
    expect(judge(headerOffsetsRight, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by data at the network header", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).data += 14;
    });
    expect(judge(headerOffsetsRight, run)).toEqual(["list path: mac_header"]);
  });

  test("is broken by a network header that was not set", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 0).networkHeader = 0;
    });
    expect(judge(headerOffsetsRight, run)).toEqual(["generic path: network_header"]);
  });

  test("is broken by a mac_len of another header", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 2).macLen = 18;
    });
    expect(judge(headerOffsetsRight, run)).toEqual(["generic path: mac_len"]);
  });

  test("is broken by the head's transport header in a member with a longer IP header", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).transportHeader -= 20;
    });
    expect(judge(headerOffsetsRight, run)).toEqual(["list path: transport_header"]);
  });

  test("does not apply inside a tunnel", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).input.encapsulation = true;
    });
    expect(judge(headerOffsetsRight, run)).toEqual("not-applicable");
  });
});
