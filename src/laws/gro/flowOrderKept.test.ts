import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { flowOrderKept } from "./flowOrderKept.js";

const overtaking = (change: (frame: { bytes: Uint8Array; ipSummed: number }) => void = () => {}) =>
  bendGro(groRun({ merged: 2 }), (gro) => {
    gro.delivered.reverse();
    const last = gro.frames[2];
    if (last !== undefined) change(last);
  });

describe("flow-order-kept", () => {
  test("holds in order", () => {
    expect(judge(flowOrderKept, groRun({ merged: 2 }))).toBe("holds");
  });
  test("is broken by a frame that overtakes a packet, or is merged too early", () => {
    expect(judge(flowOrderKept, overtaking())).toEqual(["a packet of one frame"]);
    const swapped = bendGro(groRun(), ({ delivered }) => void delivered[0]?.made.reverse());
    expect(judge(flowOrderKept, swapped)).toEqual(["a merged packet"]);
  });
  test("a frame that cannot be merged may overtake, as may one of another state", () => {
    expect(
      judge(
        flowOrderKept,
        overtaking(({ bytes }) => void bytes.fill(9, 62, 63)),
      ),
    ).toBe("holds");
    expect(
      judge(
        flowOrderKept,
        overtaking((frame) => void (frame.ipSummed = 1)),
      ),
    ).toBe("holds");
  });
  test("another flow is not waited for", () => {
    expect(
      judge(
        flowOrderKept,
        overtaking(({ bytes }) => void bytes.fill(9, 55, 56)),
      ),
    ).toBe("holds");
  });
});
