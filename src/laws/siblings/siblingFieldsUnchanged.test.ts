import { describe, expect, test } from "vitest";
import { disturb, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { siblingFieldsUnchanged } from "./siblingFieldsUnchanged.js";

describe("sibling-fields-unchanged", () => {
  test("holds when a clone finds its own fields as it left them", () => {
    expect(judge(siblingFieldsUnchanged, floodRun())).toBe("holds");
    expect(
      judge(
        siblingFieldsUnchanged,
        disturb(floodRun(), 1, () => {}),
      ),
    ).toBe("holds");
  });
  test("lets cloned become set when another clone is made", () => {
    const before = bend(floodRun(), ({ holders }) => {
      if (holders[1]?.entered !== undefined) holders[1].entered.cloned = false;
    });
    const run = disturb(before, 1, (after) => {
      after.cloned = true;
      after.shinfo.dataref += 1;
    });
    expect(judge(siblingFieldsUnchanged, run)).toBe("holds");
  });
  test("is broken when somebody else cut the packet's lengths or took its owner", () => {
    const run = disturb(floodRun(), 1, (after) => {
      after.dataLen = 0xffff_ffc2;
      after.len = 91;
      after.sk = "sender";
      after.cloned = false;
    });
    expect(judge(siblingFieldsUnchanged, run)).toEqual(["len", "data_len", "sk", "cloned"]);
  });
  test("names the holders that ran in between", () => {
    const verdict = siblingFieldsUnchanged.check(
      disturb(floodRun(), 1, (after) => {
        after.truesize -= 1;
      }),
      {},
    );
    expect(verdict).toMatchObject([{ place: "truesize", at: { holder: 1, by: "0" } }]);
  });
  test("does not apply to a single holder", () => {
    expect(judge(siblingFieldsUnchanged, sampleRun())).toBe("not-applicable");
  });
});
