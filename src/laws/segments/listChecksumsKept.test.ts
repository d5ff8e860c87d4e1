import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { listChecksumsKept } from "./listChecksumsKept.js";

describe("list-checksums-kept", () => {
  test("holds of full sums", () => {
    expect(judge(listChecksumsKept, sampleRun())).toEqual("holds");
  });

  test("holds of datagrams without one", () => {
    expect(judge(listChecksumsKept, sampleRun({ zeroChecksum: true }))).toEqual("holds");
  });

  test("is broken by a sum where there was none", () => {
    const run = bend(sampleRun({ zeroChecksum: true }), (r) => {
      poke(segmentOf(r, 1), 60, 0x12, 0x34);
    });
    expect(judge(listChecksumsKept, run)).toEqual(["member"]);
  });

  test("is broken by a sum for the head made anew", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 0), 60, 0x12, 0x34);
    });
    expect(judge(listChecksumsKept, run)).toEqual(["head"]);
  });

  test("does not apply to a rewritten packet", () => {
    const run = bend(sampleRun(), (r) => {
      r.recipe.packet.rewritten = "source";
    });
    expect(judge(listChecksumsKept, run)).toEqual("not-applicable");
  });

  test("does not apply to the generic path", () => {
    expect(judge(listChecksumsKept, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual(
      "not-applicable",
    );
  });
});
