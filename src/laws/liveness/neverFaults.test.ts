import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { neverFaults } from "./neverFaults.js";

const stopped = () =>
  bend(sampleRun(), ({ faults }) => {
    const site = ["__skb_pull", "udpv6_queue_rcv_skb"];
    faults.push({ kind: "BUG", id: "pull", holder: 1, site, values: { len: 37, data_len: 0xffff_ffc2 } });
    faults.push({ kind: "STALL", id: "zero-mss", holder: 2, site: [], values: {} });
    faults.push({ kind: "MEMORY", id: "use-after-free", holder: 2, site: ["kfree_skb"], values: {} });
  });

describe("never-faults", () => {
  test("holds when nothing stopped the kernel", () => {
    expect(judge(neverFaults, sampleRun())).toBe("holds");
  });
  test("is broken once by each fault, invalid memory aside", () => {
    expect(judge(neverFaults, stopped())).toEqual([
      "BUG(pull) in __skb_pull from udpv6_queue_rcv_skb (fraglist)",
      "STALL(zero-mss) in an unknown function (fraglist)",
    ]);
  });
  test("shows the values with the call chain", () => {
    expect(neverFaults.check(stopped(), {})).toContainEqual({
      place: "BUG(pull) in __skb_pull from udpv6_queue_rcv_skb (fraglist)",
      expected: "no BUG, PANIC, NULL dereference, division by zero or endless loop",
      received: "BUG(pull), len = 37, data_len = 4294967234",
      at: { holder: 1, site: "__skb_pull < udpv6_queue_rcv_skb" },
    });
  });
  test("applies to every run, even to one without a packet", () => {
    const refused = bend(sampleRun(), (run) => {
      Object.assign(run, { holders: [], calls: [] });
    });
    expect(judge(neverFaults, refused)).toBe("holds");
  });
});
