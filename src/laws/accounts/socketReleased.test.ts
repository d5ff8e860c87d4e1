import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { socketReleased } from "./socketReleased.js";

const charged = () =>
  bend(floodRun(), ({ accounts }) => {
    accounts.final = [
      { name: "sender", wmemAlloc: 900, rmemAlloc: 0, chargedTruesize: 0 },
      { name: "receiver 1.0", wmemAlloc: 1, rmemAlloc: -3, chargedTruesize: 0 },
    ];
  });

describe("socket-released", () => {
  test("holds when every charge was returned", () => {
    expect(judge(socketReleased, floodRun())).toBe("holds");
  });
  test("is broken when a charge remains on either account", () => {
    expect(judge(socketReleased, charged())).toEqual(["sk_wmem_alloc of sender", "sk_rmem_alloc of receiver"]);
  });
  test("does not apply without sockets, or after a fault", () => {
    expect(judge(socketReleased, sampleRun())).toBe("not-applicable");
    const stopped = bend(charged(), ({ faults }) => {
      faults.push({ kind: "BUG", id: "pull", holder: 0, site: [], values: {} });
    });
    expect(judge(socketReleased, stopped)).toBe("not-applicable");
  });
});
