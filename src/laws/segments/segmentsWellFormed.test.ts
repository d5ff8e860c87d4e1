import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { segmentsWellFormed } from "./segmentsWellFormed.js";

describe("segments-well-formed", () => {
  test("holds of linear segments", () => {
    expect(judge(segmentsWellFormed, sampleRun())).toEqual("holds");
  });

  test("holds of segments with page fragments", () => {
    expect(judge(segmentsWellFormed, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("is broken by a data_len that counts bytes of a list that is gone", () => {
    const run = bend(sampleRun(), (r) => {
      Object.assign(segmentOf(r, 0), { len: segmentOf(r, 0).len + 8, dataLen: 8 });
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["list path: data_len"]);
  });

  test("is broken by a tail beyond the end", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).end = segmentOf(r, 1).tail - 1;
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["list path: order"]);
  });

  test("is broken by a len that the linear part does not have", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).len += 1;
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["list path: headlen"]);
  });

  test("is broken by a data_len below zero", () => {
    const run = bend(sampleRun(), (r) => {
      Object.assign(segmentOf(r, 0), { len: 91, dataLen: 0xffffffc2 });
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["list path: headlen", "list path: data_len"]);
  });

  test("is broken by an empty fragment", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 0).shinfo.frags.push({ page: 2, offset: 0, len: 0 });
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["generic path: frag size"]);
  });

  test("is broken by more fragments than fit", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 2).shinfo.frags = Array.from({ length: 18 }, () => ({ page: 2, offset: 0, len: 1 }));
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["generic path: data_len", "generic path: nr_frags"]);
  });

  test("is broken by counts that cannot be", () => {
    const run = bend(sampleRun(), (r) => {
      Object.assign(segmentOf(r, 1), { users: 0 });
      segmentOf(r, 2).shinfo.dataref = 0;
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["list path: users", "list path: dataref"]);
  });

  test("is broken by shared data that is not marked as cloned", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).shinfo.dataref = 2;
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["list path: cloned"]);
  });

  test("is broken by a socket without a destructor", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).sk = "sender";
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["list path: owner"]);
  });

  test("is broken by a checksum start behind the linear part", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 1).csumStart = segmentOf(r, 1).tail;
    });
    expect(judge(segmentsWellFormed, run)).toEqual(["generic path: csum_start"]);
  });

  test("does not blame anybody for a checksum start that the recipe put there", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      segmentOf(r, 1).csumStart = segmentOf(r, 1).tail;
      r.recipe.packet.checksumStart = 1536;
    });
    expect(judge(segmentsWellFormed, run)).toEqual("holds");
  });

  test("does not apply to a call that gave no list", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).result = "error";
    });
    expect(judge(segmentsWellFormed, run)).toEqual("not-applicable");
  });
});
