import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { type FloodOptions, floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, poke } from "../testing/sampleRun.js";
import { forwardedFitsMtu } from "./forwardedFitsMtu.js";

const routed = (mtu: number, options: FloodOptions = {}, change: (run: Mutable<Run>) => void = () => {}) =>
  bend(floodRun({ exits: ["route"], ...options }), (run) => {
    const [holder] = run.recipe.holders;
    if (holder !== undefined) holder.device.mtu = mtu;
    change(run);
  });

describe("forwarded-fits-mtu", () => {
  test("holds up to the last byte, and is broken by one more", () => {
    // IPv6, UDP, five bytes.
    expect(judge(forwardedFitsMtu, routed(53))).toBe("holds");
    expect(judge(forwardedFitsMtu, routed(52))).toEqual(["IPv6 (fraglist)"]);
  });
  test("who may fragment has another place", () => {
    expect(judge(forwardedFitsMtu, routed(20, { family: "ipv4" }))).toEqual(["IPv4 with DF (fraglist)"]);
    const free = routed(20, { family: "ipv4", gso: "udp-l4" }, ({ holders }) => {
      if (holders[0]?.entered !== undefined) poke(holders[0].entered, 20, 0);
    });
    expect(judge(forwardedFitsMtu, free)).toEqual(["IPv4 without DF (udp-l4)"]);
  });
  test("so has a packet whose transport header is not where a router looks for it", () => {
    const extended = routed(20, { payloads: [40] }, ({ holders }) => {
      const { entered } = holders[0] ?? {};
      if (entered === undefined) return;
      poke(entered, 20, 60);
      poke(entered, 54, 17, 0, 1, 4, 0, 0, 0, 0);
    });
    expect(judge(forwardedFitsMtu, extended)).toEqual(["IPv6 with extension headers (fraglist)"]);
  });
  test("of a packet that the device will cut, a segment counts", () => {
    const whole = (mtu: number) =>
      routed(mtu, { gso: "tcp", payloads: [8, 8] }, ({ holders, packet }) => {
        const { view } = packet;
        if (view !== undefined && holders[0] !== undefined)
          holders[0].frames = [{ bytes: view.bytes, view, later: "same" }];
      });
    expect(judge(forwardedFitsMtu, whole(72))).toBe("holds");
    expect(judge(forwardedFitsMtu, whole(71))).toEqual(["IPv6 (tcp)"]);
  });
  test("a list with members that GRO would not have merged is left out", () => {
    expect(judge(forwardedFitsMtu, routed(20, { payloads: [3, 9] }))).toBe("not-applicable");
  });
});
