import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { receiveChargeRight } from "./receiveChargeRight.js";

const off = () =>
  bend(floodRun(), ({ holders }) => {
    const socket = holders[1]?.sockets[1];
    if (socket !== undefined) socket.rmemAlloc -= 64;
  });

describe("receive-charge-right", () => {
  test("holds when the queue is charged in full", () => {
    expect(judge(receiveChargeRight, floodRun())).toBe("holds");
  });
  test("is broken when the charge differs from what is queued", () => {
    expect(judge(receiveChargeRight, off())).toEqual(["sk_rmem_alloc"]);
  });
  test("does not apply without sockets, or to a holder that a fault stopped", () => {
    expect(judge(receiveChargeRight, sampleRun())).toBe("not-applicable");
    const stopped = bend(off(), ({ holders }) => {
      if (holders[1] !== undefined) holders[1].outcome = "faulted";
    });
    expect(judge(receiveChargeRight, stopped)).toBe("not-applicable");
  });
});
