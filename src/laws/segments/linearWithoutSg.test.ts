import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun } from "../testing/sampleRun.js";
import { linearWithoutSg } from "./linearWithoutSg.js";

describe("linear-without-sg", () => {
  test("holds of linear segments for a plain device", () => {
    expect(judge(linearWithoutSg, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: 0 }))).toEqual(
      "holds",
    );
  });

  test("is broken by paged bytes for a plain device", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).features = 0;
    });
    expect(judge(linearWithoutSg, run)).toEqual(["generic path"]);
  });

  test("does not apply to a device with scatter-gather", () => {
    expect(judge(linearWithoutSg, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("not-applicable");
  });
});
