import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, sampleRun, sampleView, segmentOf } from "../testing/sampleRun.js";
import { sharedFragFlagFollows } from "./sharedFragFlagFollows.js";

describe("shared-frag-flag-follows", () => {
  test("holds when segments on these pages have the flag", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).input.shinfo.flags = 2;
      for (const segment of firstCall(r).segments) segment.shinfo.flags = 2;
    });
    expect(judge(sharedFragFlagFollows, run)).toEqual("holds");
  });

  test("is broken by one segment without it", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      firstCall(r).input.shinfo.flags = 2;
      segmentOf(r, 0).shinfo.flags = 2;
    });
    expect(judge(sharedFragFlagFollows, run)).toEqual(["generic path"]);
  });

  test("is broken by a segment on the pages of a flagged member", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }), (r) => {
      const member = sampleView();
      Object.assign(member.shinfo, { flags: 2, frags: [{ page: 1, offset: 5, len: 1 }] });
      firstCall(r).input.shinfo.members.push(member);
    });
    expect(judge(sharedFragFlagFollows, run)).toEqual(["generic path"]);
  });

  test("does not apply to segments whose bytes were copied", () => {
    const run = bend(sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: 0 }), (r) => {
      firstCall(r).input.shinfo.flags = 2;
    });
    expect(judge(sharedFragFlagFollows, run)).toEqual("not-applicable");
  });

  test("does not apply to pages that nobody else changes", () => {
    expect(judge(sharedFragFlagFollows, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual(
      "not-applicable",
    );
  });
});
