import { describe, expect, test } from "vitest";
import type { SegmentationCall } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { listChargeUnmoved } from "./listChargeUnmoved.js";

const owned = { sk: "sender", destructor: "sock_wfree" };
const run = (change: (call: Mutable<SegmentationCall>) => void = () => {}, owner: object = owned) =>
  bend(sampleRun(), ({ calls }) => {
    for (const call of calls) {
      Object.assign(call.input, owner);
      Object.assign(call.segments[0] as object, owner);
      call.wmemBefore = call.wmemAfter = 1 + call.input.truesize;
      change(call);
    }
  });

describe("list-charge-unmoved", () => {
  test("holds when the head keeps the whole charge", () => {
    expect(judge(listChargeUnmoved, run())).toBe("holds");
  });
  test("is broken when the members' share is taken off the head", () => {
    const bent = run(({ segments, input }) => {
      for (const segment of segments.slice(0, 1)) segment.truesize = input.truesize - 900;
    });
    expect(judge(listChargeUnmoved, bent)).toEqual(["head truesize"]);
  });
  test("is broken when owners moved", () => {
    const bent = run((call) => {
      Object.assign(call.segments[0] as object, { sk: "", destructor: "" });
      Object.assign(call.segments[1] as object, owned);
      call.wmemAfter += 1;
    });
    expect(judge(listChargeUnmoved, bent)).toEqual(["head sk", "member sk", "sk_wmem_alloc"]);
  });
  test("lets a packet without an owner grow with a new head", () => {
    const grow = ({ segments }: Mutable<SegmentationCall>) => {
      for (const segment of segments.slice(0, 1)) Object.assign(segment, { head: 99, truesize: segment.truesize + 64 });
    };
    expect(judge(listChargeUnmoved, run(grow, {}))).toBe("holds");
    expect(judge(listChargeUnmoved, run(grow))).toEqual(["head truesize"]);
  });
  test("does not apply to the generic path", () => {
    expect(judge(listChargeUnmoved, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
  });
});
