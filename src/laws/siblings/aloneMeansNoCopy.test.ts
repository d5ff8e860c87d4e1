import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { aloneMeansNoCopy } from "./aloneMeansNoCopy.js";

describe("alone-means-no-copy", () => {
  test("holds when the members are handed on with their heads", () => {
    expect(judge(aloneMeansNoCopy, sampleRun())).toBe("holds");
  });
  test("is broken when a member was copied for nothing", () => {
    const copied = bend(sampleRun(), (run) => {
      segmentOf(run, 2).head = 88;
    });
    expect(judge(aloneMeansNoCopy, copied)).toEqual(["head"]);
    const cloned = bend(sampleRun(), (run) => {
      segmentOf(run, 1).serial = 88;
    });
    expect(judge(aloneMeansNoCopy, cloned)).toEqual(["sk_buff"]);
  });
  test("does not apply to shared members, to clones, or where the device wants them linear", () => {
    const shared = bend(sampleRun(), ({ calls }) => {
      const member = calls[0]?.input.shinfo.members[0];
      if (member !== undefined) member.users = 2;
    });
    expect(judge(aloneMeansNoCopy, shared)).toBe("not-applicable");
    expect(judge(aloneMeansNoCopy, floodRun())).toBe("not-applicable");
    const paged = bend(sampleRun({ features: 0 }), ({ calls }) => {
      for (const { shinfo } of calls[0]?.input.shinfo.members ?? []) shinfo.frags = [{ page: 1, offset: 0, len: 1 }];
    });
    expect(judge(aloneMeansNoCopy, paged)).toBe("not-applicable");
  });
});
