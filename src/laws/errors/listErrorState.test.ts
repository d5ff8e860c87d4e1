import { describe, expect, test } from "vitest";
import { failedRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { sampleRun } from "../testing/sampleRun.js";
import { listErrorState } from "./listErrorState.js";

describe("list-error-state", () => {
  test("holds when the head could not be made private: nothing has happened yet", () => {
    expect(judge(listErrorState, failedRun({}))).toBe("holds");
  });
  test("holds when a member could not be taken over: the list is gone, the lengths still claim it", () => {
    const run = failedRun({}, ({ shinfo }) => {
      shinfo.members = [];
    });
    expect(judge(listErrorState, run)).toBe("holds");
  });
  test("holds when the head could not be made linear: lengths without the list, no gso fields", () => {
    const run = failedRun({}, (after) => {
      after.len -= after.dataLen;
      after.dataLen = 0;
      Object.assign(after.shinfo, { members: [], gsoSize: 0, gsoSegs: 0, gsoType: 0 });
    });
    expect(judge(listErrorState, run)).toBe("holds");
  });
  test("is broken by any mixture of these", () => {
    const linked = failedRun({}, (after) => {
      after.next = 5;
      after.len -= 8;
    });
    expect(judge(listErrorState, linked)).toEqual(["next", "len"]);
    const half = failedRun({}, (after) => {
      Object.assign(after.shinfo, { members: [], gsoSize: 0 });
    });
    expect(judge(listErrorState, half)).toEqual(["data_len", "gso_type"]);
    const shortened = failedRun({}, ({ shinfo }) => {
      shinfo.members.shift();
    });
    expect(judge(listErrorState, shortened)).toEqual(["frag_list"]);
  });
  test("does not apply to the generic path, or to success", () => {
    expect(judge(listErrorState, failedRun({ gso: "udp-l4" }))).toBe("not-applicable");
    expect(judge(listErrorState, sampleRun())).toBe("not-applicable");
  });
});
