import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { acceptedDatagramsBounded } from "./acceptedDatagramsBounded.js";

const tap = (count: number, change: (view: Mutable<NonNullable<Run["packet"]["view"]>>) => void = () => {}) =>
  bend(sampleRun({ gso: "udp-l4", payloads: [count], gsoSize: 1 }), ({ packet }) => {
    packet.arrival = "accepted";
    if (packet.view !== undefined) change(packet.view);
  });

describe("accepted-datagrams-bounded", () => {
  test("holds of 128 and is broken by one more", () => {
    expect(judge(acceptedDatagramsBounded, tap(128))).toBe("holds");
    expect(judge(acceptedDatagramsBounded, tap(129))).toEqual(["segments"]);
  });
  test("is broken by datagrams whose checksum nobody will make", () => {
    expect(
      judge(
        acceptedDatagramsBounded,
        tap(4, (view) => void (view.ipSummed = 0)),
      ),
    ).toEqual(["checksum"]);
    expect(
      judge(
        acceptedDatagramsBounded,
        tap(4, (view) => void (view.csumOffset = 16)),
      ),
    ).toEqual(["checksum"]);
  });
  test("does not apply to a packet that is not cut", () => {
    expect(
      judge(
        acceptedDatagramsBounded,
        tap(4, (view) => void (view.shinfo.gsoSize = 0)),
      ),
    ).toBe("not-applicable");
  });
});
