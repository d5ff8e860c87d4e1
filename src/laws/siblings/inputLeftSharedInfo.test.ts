import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { inputLeftSharedInfo } from "./inputLeftSharedInfo.js";

describe("input-left-shared-info", () => {
  test("holds when the clone took a head of its own", () => {
    expect(judge(inputLeftSharedInfo, floodRun())).toBe("holds");
  });
  test("is broken when it still uses the siblings' head", () => {
    const run = bend(floodRun(), ({ calls }) => {
      for (const { input, after } of calls) if (after !== undefined) after.head = input.head;
    });
    expect(judge(inputLeftSharedInfo, run)).toEqual(["head"]);
  });
  test("is broken when the new head is shared as well", () => {
    const run = bend(floodRun(), ({ calls }) => {
      for (const { after } of calls) if (after !== undefined) after.shinfo.dataref = 2;
    });
    expect(judge(inputLeftSharedInfo, run)).toEqual(["dataref"]);
  });
  test("does not apply to a packet without clones, on another path, or after a switch", () => {
    expect(judge(inputLeftSharedInfo, sampleRun())).toBe("not-applicable");
    expect(judge(inputLeftSharedInfo, floodRun({ gso: "udp-l4" }))).toBe("not-applicable");
    const switched = bend(floodRun(), ({ calls }) => {
      for (const call of calls) call.interrupted = true;
    });
    expect(judge(inputLeftSharedInfo, switched)).toBe("not-applicable");
  });
});
