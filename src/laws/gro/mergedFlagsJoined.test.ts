import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedFlagsJoined } from "./mergedFlagsJoined.js";

describe("merged-flags-joined", () => {
  test("holds when the last frame pushes", () => {
    expect(judge(mergedFlagsJoined, groRun({ gso: "tcp", payloads: [8, 8], tcpFlags: 0x19 }))).toBe("holds");
  });
  test("is broken by a PSH that got lost, or came from nowhere", () => {
    const flagged = (tcpFlags: number, flags: number) =>
      bendGro(
        groRun({ gso: "tcp", payloads: [8, 8], tcpFlags }),
        ({ delivered }) => void delivered[0]?.frame.fill(flags, 67, 68),
      );
    expect(judge(mergedFlagsJoined, flagged(0x18, 0x10))).toEqual(["flags (tcp)"]);
    expect(judge(mergedFlagsJoined, flagged(0x10, 0x18))).toEqual(["flags (tcp)"]);
  });
  test("does not apply to datagrams", () => {
    expect(judge(mergedFlagsJoined, groRun())).toBe("not-applicable");
  });
});
