import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { fragmentsOfPagesDisjoint } from "./fragmentsOfPagesDisjoint.js";

describe("fragments-of-pages-disjoint", () => {
  test("holds of stretches side by side", () => {
    expect(judge(fragmentsOfPagesDisjoint, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("is broken by page bytes in two segments", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      Object.assign(segmentOf(r, 1).shinfo.frags[0] ?? {}, { offset: 4 });
    });
    expect(judge(fragmentsOfPagesDisjoint, run)).toEqual(["generic path: pages"]);
  });

  test("is broken by a stretch inside a longer one", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      Object.assign(segmentOf(r, 0).shinfo.frags[0] ?? {}, { len: 100 });
    });
    expect(judge(fragmentsOfPagesDisjoint, run)).toEqual(["generic path: pages"]);
  });

  test("is broken by segments in the same buffer", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).head = segmentOf(r, 0).head;
    });
    expect(judge(fragmentsOfPagesDisjoint, run)).toEqual(["list path: linear"]);
  });

  test("allows two segments side by side in one buffer", () => {
    const run = bend(sampleRun(), (r) => {
      Object.assign(segmentOf(r, 1), {
        head: segmentOf(r, 0).head,
        data: segmentOf(r, 0).tail,
        tail: segmentOf(r, 0).tail + 67,
      });
    });
    expect(judge(fragmentsOfPagesDisjoint, run)).toEqual("holds");
  });

  test("blames nobody for pages that the input names twice", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).input.shinfo.frags.push({ page: 1, offset: 3, len: 2 });
      Object.assign(segmentOf(r, 1).shinfo.frags[0] ?? {}, { offset: 4 });
    });
    expect(judge(fragmentsOfPagesDisjoint, run)).toEqual("holds");
  });

  test("does not apply to a call that gave no list", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).result = "error";
    });
    expect(judge(fragmentsOfPagesDisjoint, run)).toEqual("not-applicable");
  });
});
