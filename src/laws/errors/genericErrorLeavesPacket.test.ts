import { describe, expect, test } from "vitest";
import type { SkbView } from "../../recipe/Run.js";
import { failedRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { genericErrorLeavesPacket } from "./genericErrorLeavesPacket.js";

const failed = (change?: (after: Mutable<SkbView>) => void) => failedRun({ gso: "udp-l4" }, change);
const declined = (change: (after: Mutable<SkbView>) => void) =>
  failedRun({ gso: "fraglist", gsoSize: 4, listPath: false }, change);

describe("generic-error-leaves-packet", () => {
  test("holds when the packet is as before", () => {
    expect(judge(genericErrorLeavesPacket, failed())).toBe("holds");
  });
  test("is broken by a lost byte, reset gso fields, a lost owner", () => {
    const run = failed((after) => {
      after.bytes?.fill(0, 62);
      after.shinfo.gsoSize = 0;
      after.shinfo.gsoSegs = 0;
      after.truesize += 64;
      after.sk = "sender";
      after.destructor = "sock_wfree";
    });
    expect(judge(genericErrorLeavesPacket, run)).toEqual([
      "payload (udp-l4)",
      "gso_size",
      "gso_segs",
      "truesize",
      "sk",
      "destructor",
    ]);
  });
  test("lets the headers move, as long as the payload stays", () => {
    const run = failed((after) => {
      after.bytes = Uint8Array.from([...new Uint8Array(8), ...(after.bytes ?? [])]);
    });
    expect(judge(genericErrorLeavesPacket, run)).toBe("holds");
  });
  test("lets bytes be pulled out of the list, but nothing else happen to it", () => {
    const linear = declined((after) => {
      after.shinfo.members = [];
      after.dataLen = 0;
      after.shinfo.gsoType |= 2;
    });
    expect(judge(genericErrorLeavesPacket, linear)).toBe("holds");
    const lost = declined((after) => {
      after.shinfo.members = [];
    });
    expect(judge(genericErrorLeavesPacket, lost)).toEqual(["frag_list"]);
  });
  test("lets an unowned packet grow with a new head, not an owned one", () => {
    const grown = (sk: string) =>
      bend(
        failed((after) => Object.assign(after, { head: 88, truesize: after.truesize + 64, sk })),
        ({ calls }) => {
          for (const { input } of calls) input.sk = sk;
        },
      );
    expect(judge(genericErrorLeavesPacket, grown(""))).toBe("holds");
    expect(judge(genericErrorLeavesPacket, grown("sender"))).toEqual(["truesize"]);
  });
  test("does not apply to the list path, or to success", () => {
    expect(judge(genericErrorLeavesPacket, failedRun({ gso: "fraglist" }))).toBe("not-applicable");
    expect(judge(genericErrorLeavesPacket, sampleRun({ gso: "udp-l4" }))).toBe("not-applicable");
  });
});
