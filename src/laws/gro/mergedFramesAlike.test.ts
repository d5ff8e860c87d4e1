import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedFramesAlike } from "./mergedFramesAlike.js";

/** Changes a byte of the second frame; the driver vouches for its checksum. */
const bent = (run: ReturnType<typeof groRun>, at: number, ...values: number[]) =>
  bendGro(run, ({ frames: [, second] }) => {
    if (second === undefined) return;
    second.bytes.set(values, at);
    second.ipSummed = 1;
  });
const tcp = groRun({ gso: "tcp", payloads: [8, 8, 8] });
const tcp4 = groRun({ gso: "tcp", payloads: [8, 8, 8], family: "ipv4" });

describe("merged-frames-alike", () => {
  test("holds of frames that count on", () => {
    expect([groRun(), tcp, tcp4, groRun({ family: "ipv4" })].map((run) => judge(mergedFramesAlike, run))).toEqual(
      Array.from({ length: 4 }, () => "holds"),
    );
  });

  test.each<[string, ReturnType<typeof groRun>, number, number[]]>([
    ["link header (tcp)", tcp, 5, [9]],
    ["hop limit (tcp)", tcp, 21, [9]],
    ["traffic class or flow label (tcp)", tcp, 15, [0x40]],
    ["addresses (tcp)", tcp, 37, [9]],
    ["ports (tcp)", tcp, 55, [9]],
    ["sequence number (tcp)", tcp, 61, [9]],
    ["acknowledgement (tcp)", tcp, 65, [9]],
    ["flags (tcp)", tcp, 67, [0x18]],
    ["window (tcp)", tcp, 68, [9]],
    ["options (tcp)", tcp, 74, [2]],
    ["fragment (tcp)", tcp4, 20, [0x20]],
    ["padding (tcp)", tcp4, 17, [9]],
    ["IPv4 checksum (tcp)", tcp4, 24, [9, 9]],
  ])("is broken by another %s", (place, run, at, values) => {
    const verdict = judge(mergedFramesAlike, bent(run, at, ...values));
    expect(verdict).toContain(place);
  });

  test("is broken by an identification that jumps", () => {
    const ids = bendGro(tcp4, ({ frames }) => {
      // Checksum and identification change by the same amount.
      const bytes = frames[1]?.bytes ?? new Uint8Array();
      const [id, check] = [18, 24].map((at) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)) as [number, number];
      bytes.set([((id - 5) & 0xffff) >> 8, (id - 5) & 0xff, (check + 5) >> 8, (check + 5) & 0xff], 18);
      bytes.set([(check + 5) >> 8, (check + 5) & 0xff], 24);
      bytes.set([0x40, 0], 20);
    });
    expect(judge(mergedFramesAlike, ids)).toContain("identification (tcp)");
  });

  test("is broken by a sum that is wrong or missing", () => {
    const wrong = bendGro(groRun(), ({ frames }) => void frames[1]?.bytes.fill(9, 62, 63));
    expect(judge(mergedFramesAlike, wrong)).toEqual(["wrong checksum"]);
    expect(judge(mergedFramesAlike, groRun({ zeroChecksum: true }))).toEqual(["no checksum"]);
  });

  test("is broken by CWR on a later frame, or PSH in the middle", () => {
    const flagged = (index: number, flags: number) =>
      bendGro(tcp, ({ frames }) => {
        frames[index]?.bytes.fill(flags, 67, 68);
        for (const frame of frames) frame.ipSummed = 1;
      });
    expect(judge(mergedFramesAlike, flagged(2, 0x90))).toEqual(["CWR (tcp)"]);
    expect(judge(mergedFramesAlike, flagged(2, 0x18))).toBe("holds");
  });

  test("is broken by another tunnel around the same flow", () => {
    const run = groRun({ gso: "tcp", payloads: [8, 8], tunnel: "vxlan" });
    expect(judge(mergedFramesAlike, run)).toBe("holds");
    expect(judge(mergedFramesAlike, bent(run, 48, 43))).toEqual(["tunnel header (tcp in a tunnel)"]);
    expect(judge(mergedFramesAlike, bent(run, 55, 9))).toEqual(["inner link header (tcp in a tunnel)"]);
  });
});
