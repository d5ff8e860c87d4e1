import { describe, expect, test } from "vitest";
import { disturb, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { siblingSharedInfoUnchanged } from "./siblingSharedInfoUnchanged.js";

const reset = () =>
  disturb(floodRun(), 1, ({ shinfo }) => {
    shinfo.members = [];
    Object.assign(shinfo, { gsoSize: 0, gsoSegs: 0, gsoType: 0 });
  });

describe("sibling-shared-info-unchanged", () => {
  test("holds when only the count of references moved", () => {
    expect(judge(siblingSharedInfoUnchanged, floodRun())).toBe("holds");
    const run = disturb(floodRun(), 1, ({ shinfo }) => {
      shinfo.dataref -= 1;
    });
    expect(judge(siblingSharedInfoUnchanged, run)).toBe("holds");
  });
  test("is broken when a sibling detached the list from the shared info", () => {
    expect(judge(siblingSharedInfoUnchanged, reset())).toEqual(["frag_list", "gso_size", "gso_segs", "gso_type"]);
  });
  test("names the writer that the sanitizer saw", () => {
    const serial = floodRun().holders[1]?.entered?.shinfo.serial ?? 0;
    const run = bend(reset(), ({ memory }) => {
      const write = {
        kind: "shared-write",
        object: `shinfo#${serial}`,
        site: ["skb_segment_list"],
        before: 2,
        after: 0,
        other: -1,
      } as const;
      memory.push({ ...write, site: [...write.site], field: "frag_list", holder: 0 });
    });
    expect(siblingSharedInfoUnchanged.check(run, {})).toContainEqual({
      place: "frag_list",
      expected: "skb#2 skb#3",
      received: "NULL, written by holder 0 in skb_segment_list",
      at: { shinfo: serial, holder: 1, by: "0", writer: 0, function: "skb_segment_list" },
    });
  });
  test("lets gso_segs be refreshed to the honest number, to no other", () => {
    const refreshed = (segs: number) =>
      disturb(floodRun({ gso: "udp-l4", payloads: [5, 5, 3] }), 1, ({ shinfo }) => {
        shinfo.gsoSegs = segs;
      });
    const unset = (segs: number) =>
      bend(refreshed(segs), ({ holders }) => {
        const before = holders[1]?.disturbances[0]?.before;
        if (before !== undefined) before.shinfo.gsoSegs = 0;
      });
    expect(judge(siblingSharedInfoUnchanged, unset(3))).toBe("holds");
    expect(judge(siblingSharedInfoUnchanged, unset(4))).toEqual(["gso_segs"]);
  });
  test("lets managed fragments be downgraded, but no other flag fall", () => {
    const flags = (after: number) =>
      bend(
        disturb(floodRun(), 1, ({ shinfo }) => {
          shinfo.flags = after;
        }),
        ({ holders }) => {
          const before = holders[1]?.disturbances[0]?.before;
          if (before !== undefined) before.shinfo.flags = 1 | 2 | 8 | 16;
        },
      );
    expect(judge(siblingSharedInfoUnchanged, flags(1 | 2 | 8))).toBe("holds");
    expect(judge(siblingSharedInfoUnchanged, flags(1 | 8))).toEqual(["flags"]);
  });
  test("lets user fragments be copied away before the packet is cloned", () => {
    const run = bend(
      disturb(floodRun(), 1, () => {}),
      ({ holders }) => {
        const pair = holders[1]?.disturbances[0];
        if (pair === undefined) return;
        Object.assign(pair.before.shinfo, { flags: 3, destructorArg: 9, frags: [{ page: 1, offset: 4, len: 8 }] });
        Object.assign(pair.after.shinfo, { flags: 0, destructorArg: 0, frags: [{ page: 7, offset: 0, len: 8 }] });
      },
    );
    expect(judge(siblingSharedInfoUnchanged, run)).toBe("holds");
  });
  test("does not apply to a single holder", () => {
    expect(judge(siblingSharedInfoUnchanged, sampleRun())).toBe("not-applicable");
  });
});
