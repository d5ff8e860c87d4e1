import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedPayloadJoins } from "./mergedPayloadJoins.js";

describe("merged-payload-joins", () => {
  test("holds of every kind", () => {
    const runs = [
      groRun(),
      groRun({ gso: "tcp", payloads: [8, 3] }),
      groRun({ gso: "udp-l4", payloads: [4, 4], family: "ipv4" }),
    ];
    expect(runs.map((run) => judge(mergedPayloadJoins, run))).toEqual(["holds", "holds", "holds"]);
  });
  test("is broken by a byte that changed", () => {
    const run = bendGro(groRun(), ({ delivered }) => void delivered[0]?.frame.fill(0xff, 70, 71));
    expect(judge(mergedPayloadJoins, run)).toEqual(["bytes"]);
  });
  test("is broken by a frame that is not in it", () => {
    const run = bendGro(groRun({ gso: "tcp", payloads: [8, 8] }), ({ delivered: [first] }) => {
      if (first !== undefined) first.frame = first.frame.slice(0, -8);
    });
    expect(judge(mergedPayloadJoins, run)).toEqual(["length (tcp)"]);
  });
});
