import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, type Mutable, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { listSegmentsPrivate } from "./listSegmentsPrivate.js";

/** Somebody else holds a reference on this member when the call begins. */
function shared(run: Mutable<Run>, member: number): void {
  Object.assign(firstCall(run).input.shinfo.members[member] ?? {}, { users: 2 });
}

describe("list-segments-private", () => {
  test("holds of a list", () => {
    expect(judge(listSegmentsPrivate, sampleRun())).toEqual("holds");
  });

  test("holds of a member that was shared and was copied", () => {
    const run = bend(sampleRun(), (r) => {
      shared(r, 0);
    });
    expect(judge(listSegmentsPrivate, run)).toEqual("holds");
  });

  test("is broken by a head that others see", () => {
    const run = bend(sampleRun(), (r) => {
      Object.assign(segmentOf(r, 0), { cloned: true });
      segmentOf(r, 0).shinfo.dataref = 2;
    });
    expect(judge(listSegmentsPrivate, run)).toEqual(["head"]);
  });

  test("is broken by a member that was shared and still is", () => {
    const run = bend(sampleRun(), (r) => {
      shared(r, 0);
      segmentOf(r, 1).cloned = true;
      segmentOf(r, 1).shinfo.dataref = 2;
    });
    expect(judge(listSegmentsPrivate, run)).toEqual(["member"]);
  });

  test("does not mind data of a member that nobody else listed", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 1).cloned = true;
      segmentOf(r, 1).shinfo.dataref = 2;
    });
    expect(judge(listSegmentsPrivate, run)).toEqual("holds");
  });

  test("does not apply to the generic path", () => {
    expect(judge(listSegmentsPrivate, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual(
      "not-applicable",
    );
  });
});
