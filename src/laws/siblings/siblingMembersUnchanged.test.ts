import { describe, expect, test } from "vitest";
import type { SkbView } from "../../recipe/Run.js";
import { disturb, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { type Mutable, sampleRun } from "../testing/sampleRun.js";
import { siblingMembersUnchanged } from "./siblingMembersUnchanged.js";

const member = (change: (member: Mutable<SkbView>) => void, before = floodRun()) =>
  disturb(before, 1, ({ shinfo }) => {
    const second = shinfo.members[1];
    if (second !== undefined) change(second);
  });

describe("sibling-members-unchanged", () => {
  test("holds while users move above zero", () => {
    const run = member((skb) => {
      skb.users = 2;
      skb.cloned = true;
    });
    expect(judge(siblingMembersUnchanged, run)).toBe("holds");
  });
  test("is broken when a sibling pushed a member back to its MAC header", () => {
    const run = member((skb) => {
      skb.data -= 62;
      skb.len += 62;
      skb.bytes = skb.linear.slice();
    });
    expect(judge(siblingMembersUnchanged, run)).toEqual([
      "member len",
      "member data",
      "member bytes",
      "member headers",
    ]);
  });
  test("is broken when a member was freed or linked elsewhere", () => {
    const run = member((skb) => {
      skb.users = 0;
      skb.next = 77;
    });
    expect(judge(siblingMembersUnchanged, run)).toEqual(["member next", "member users"]);
  });
  test("looks at the headers in front of the data, unless the member is payload-only", () => {
    const written = (skb: Mutable<SkbView>) => {
      skb.linear[0] = 0xee;
    };
    expect(judge(siblingMembersUnchanged, member(written))).toEqual(["member headers"]);
    const run = member(written);
    for (const skb of run.holders[1]?.disturbances[0]?.before.shinfo.members ?? []) Object.assign(skb, { nohdr: true });
    expect(judge(siblingMembersUnchanged, run)).toBe("holds");
  });
  test("does not apply to a single holder", () => {
    expect(judge(siblingMembersUnchanged, sampleRun())).toBe("not-applicable");
  });
});
