import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { ipv4ChecksumValid } from "./ipv4ChecksumValid.js";

describe("ipv4-checksum-valid", () => {
  test("holds of a list", () => {
    expect(judge(ipv4ChecksumValid, sampleRun({ family: "ipv4" }))).toEqual("holds");
  });

  test("holds of fragments", () => {
    expect(judge(ipv4ChecksumValid, sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by a sum that is one off", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 1), 25, 1 + (segmentOf(r, 1).linear[25] ?? 0));
    });
    expect(judge(ipv4ChecksumValid, run)).toEqual(["list path"]);
  });

  test("does not apply to IPv6", () => {
    expect(judge(ipv4ChecksumValid, sampleRun())).toEqual("not-applicable");
  });
});
