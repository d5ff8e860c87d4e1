import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedListShape } from "./mergedListShape.js";

describe("merged-list-shape", () => {
  test("holds of a list of either transport", () => {
    expect(judge(mergedListShape, groRun())).toBe("holds");
    expect(judge(mergedListShape, groRun({ gso: "tcp-fraglist", payloads: [8, 8] }))).toBe("holds");
  });
  test("is broken by a head that holds more than the first datagram", () => {
    const run = bendGro(groRun(), ({ delivered }) => void (delivered[0] as { view: { len: number } }).view.len++);
    expect(judge(mergedListShape, run)).toEqual(["head"]);
  });
  test("is broken by a member that is missing", () => {
    const run = bendGro(groRun(), ({ delivered }) => void delivered[0]?.view.shinfo.members.pop());
    expect(judge(mergedListShape, run)).toEqual(["count", "head"]);
  });
  test("is broken by a member of another length", () => {
    const run = bendGro(groRun(), ({ delivered: [first] }) => {
      const [member] = first?.view.shinfo.members ?? [];
      if (first === undefined || member === undefined) return;
      member.len += 1;
      first.view.len += 1;
    });
    expect(judge(mergedListShape, run)).toEqual(["member"]);
  });
  test("does not apply to a merged payload", () => {
    expect(judge(mergedListShape, groRun({ gso: "udp-l4", payloads: [5, 5] }))).toBe("not-applicable");
  });
});
