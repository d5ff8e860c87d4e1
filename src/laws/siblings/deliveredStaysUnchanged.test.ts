import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend } from "../testing/sampleRun.js";
import { deliveredStaysUnchanged } from "./deliveredStaysUnchanged.js";

describe("delivered-stays-unchanged", () => {
  test("holds when everything reads the same later", () => {
    expect(judge(deliveredStaysUnchanged, floodRun())).toBe("holds");
  });
  test("is broken when a frame or a datagram changed after it was given out", () => {
    const run = bend(floodRun(), ({ holders }) => {
      const frame = holders[0]?.frames[1];
      if (frame?.bytes !== undefined) {
        frame.later = frame.bytes.slice();
        frame.later[3] = 0xff;
      }
      const datagram = holders[1]?.sockets[0]?.datagrams[0];
      if (datagram !== undefined) datagram.later = Uint8Array.of(1, 2, 3);
    });
    expect(judge(deliveredStaysUnchanged, run)).toEqual(["frame headers (fraglist)", "datagram payload (fraglist)"]);
  });
  test("is broken when the bytes are gone", () => {
    const run = bend(floodRun(), ({ holders }) => {
      const datagram = holders[1]?.sockets[1]?.datagrams[2];
      if (datagram !== undefined) datagram.later = undefined;
    });
    expect(judge(deliveredStaysUnchanged, run)).toEqual(["unreadable"]);
  });
  test("does not apply when nothing was given out", () => {
    expect(judge(deliveredStaysUnchanged, floodRun({ exits: ["tap"] }))).toBe("not-applicable");
  });
});
