import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { metadataFromHead } from "./metadataFromHead.js";

describe("metadata-from-head", () => {
  test("holds of a list", () => {
    expect(judge(metadataFromHead, sampleRun())).toEqual("holds");
  });

  test("is broken by a member with its own", () => {
    const run = bend(sampleRun(), (r) => {
      Object.assign(segmentOf(r, 1), { mark: 7, dst: 3, ipSummed: 0, csumValid: true });
    });
    expect(judge(metadataFromHead, run)).toEqual(["ipSummed", "csumValid", "dst", "mark"]);
  });

  test("does not apply to the generic path", () => {
    expect(judge(metadataFromHead, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("not-applicable");
  });
});
