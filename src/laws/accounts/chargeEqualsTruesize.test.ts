import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { chargeEqualsTruesize } from "./chargeEqualsTruesize.js";

const charged = (wmemAlloc: number) =>
  bend(floodRun(), ({ accounts }) => {
    accounts.quiescent = [{ name: "sender", wmemAlloc, rmemAlloc: 0, chargedTruesize: 2304 }];
  });

describe("charge-equals-truesize", () => {
  test("holds when the charge is what is out", () => {
    expect(judge(chargeEqualsTruesize, charged(2305))).toBe("holds");
  });
  test("is broken when a byte is charged too much or too little", () => {
    expect(judge(chargeEqualsTruesize, charged(2304))).toEqual(["sk_wmem_alloc"]);
    expect(judge(chargeEqualsTruesize, charged(2306))).toEqual(["sk_wmem_alloc"]);
  });
  test("does not apply without a sender, or after a fault", () => {
    expect(judge(chargeEqualsTruesize, sampleRun())).toBe("not-applicable");
    const stopped = bend(charged(1), ({ faults }) => {
      faults.push({ kind: "BUG", id: "pull", holder: 0, site: [], values: {} });
    });
    expect(judge(chargeEqualsTruesize, stopped)).toBe("not-applicable");
  });
});
