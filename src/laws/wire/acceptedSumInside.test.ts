import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { acceptedSumInside } from "./acceptedSumInside.js";

const tap = (change: (view: Mutable<NonNullable<Run["packet"]["view"]>>) => void = () => {}) =>
  bend(sampleRun({ gso: "udp-l4", payloads: [20, 20] }), ({ packet }) => {
    packet.arrival = "accepted";
    if (packet.view !== undefined) change(packet.view);
  });

describe("accepted-sum-inside", () => {
  test("holds", () => {
    expect(judge(acceptedSumInside, tap())).toBe("holds");
  });
  test("is broken by a field behind the linear part", () => {
    expect(
      judge(
        acceptedSumInside,
        tap((view) => void (view.csumOffset = 200)),
      ),
    ).toEqual(["csum_offset"]);
  });
  test("is broken by a start that sixteen bits cannot hold, or in front of the frame", () => {
    expect(
      judge(
        acceptedSumInside,
        tap((view) => void (view.csumStart = 0xffff)),
      ),
    ).toEqual(["csum_offset", "csum_start"]);
    expect(
      judge(
        acceptedSumInside,
        tap((view) => void (view.csumStart = 1)),
      ),
    ).toEqual(["csum_start"]);
  });
  test("does not apply to a packet with nothing left to do", () => {
    expect(
      judge(
        acceptedSumInside,
        tap((view) => void (view.ipSummed = 1)),
      ),
    ).toBe("not-applicable");
  });
});
