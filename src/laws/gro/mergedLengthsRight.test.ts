import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedLengthsRight } from "./mergedLengthsRight.js";

const poked = (run: ReturnType<typeof groRun>, at: number) =>
  bendGro(run, ({ delivered }) => void delivered[0]?.frame.fill(0x77, at, at + 2));

describe("merged-lengths-right", () => {
  test("is broken by a length of IP or UDP", () => {
    expect(judge(mergedLengthsRight, groRun())).toBe("holds");
    expect(judge(mergedLengthsRight, poked(groRun(), 18))).toEqual(["IPv6 length"]);
    expect(judge(mergedLengthsRight, poked(groRun(), 58))).toEqual(["UDP length"]);
    expect(judge(mergedLengthsRight, poked(groRun({ family: "ipv4" }), 16))).toEqual(["IPv4 length", "IPv4 checksum"]);
  });
  test("is broken by one of the tunnel around it", () => {
    const run = groRun({ gso: "tcp", payloads: [8, 8], tunnel: "vxlan" });
    expect(judge(mergedLengthsRight, run)).toBe("holds");
    expect(judge(mergedLengthsRight, poked(run, 38))).toEqual(["outer UDP length (tcp in a tunnel)"]);
  });
});
