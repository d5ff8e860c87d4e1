import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { tcpCwrOnFirst } from "./tcpCwrOnFirst.js";

const stream = (more: SampleOptions = {}) => sampleRun({ gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x99, ...more });

describe("tcp-cwr-on-first", () => {
  test("holds", () => {
    expect(judge(tcpCwrOnFirst, stream())).toBe("holds");
  });
  test("is broken by a second one", () => {
    const run = bend(stream(), (r) => poke(segmentOf(r, 1), 67, 0x90));
    expect(judge(tcpCwrOnFirst, run)).toEqual(["generic path (tcp): later"]);
  });
  test("is broken when the first has none", () => {
    const run = bend(stream(), (r) => poke(segmentOf(r, 0), 67, 0x10));
    expect(judge(tcpCwrOnFirst, run)).toEqual(["generic path (tcp): first"]);
  });
});
