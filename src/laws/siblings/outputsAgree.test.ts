import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, poke } from "../testing/sampleRun.js";
import { outputsAgree } from "./outputsAgree.js";

const ports = () => floodRun({ exits: ["port", "port", "local", "local"] });

describe("outputs-agree", () => {
  test("holds when like holders put out alike", () => {
    expect(judge(outputsAgree, ports())).toBe("holds");
  });
  test("is broken when one of them sent other bytes", () => {
    const run = bend(ports(), ({ holders }) => {
      const frame = holders[1]?.frames[2];
      if (frame !== undefined) poke(frame.view, 64, 0xee);
      if (frame?.bytes !== undefined) frame.bytes[64] = 0xee;
    });
    expect(judge(outputsAgree, run)).toEqual(["frame payload (fraglist)"]);
  });
  test("is broken when one of them sent fewer frames or none", () => {
    const fewer = bend(ports(), ({ holders }) => {
      holders[1]?.frames.pop();
      holders[3]?.sockets[0]?.datagrams.pop();
    });
    expect(judge(outputsAgree, fewer)).toEqual(["number of frames (fraglist)", "number of datagrams"]);
    const dropped = bend(ports(), ({ holders }) => {
      if (holders[1] !== undefined) holders[1].outcome = "dropped";
    });
    expect(judge(outputsAgree, dropped)).toEqual(["outcome (fraglist)"]);
  });
  test("tells a packet that left whole from one that lost frames", () => {
    const run = bend(ports(), ({ holders }) => {
      const [frame] = holders[1]?.frames ?? [];
      if (holders[1] === undefined || frame === undefined) return;
      frame.view.shinfo.gsoSize = 5;
      holders[1].frames = [frame];
    });
    expect(judge(outputsAgree, run)).toEqual(["whole or in segments (fraglist)"]);
  });
  test("does not mind another identification on IPv6 fragments", () => {
    const run = bend(floodRun({ gso: "ufo", payloads: [40], exits: ["port", "port"] }), ({ holders }) => {
      for (const { bytes } of holders[1]?.frames ?? []) bytes?.set([9, 9, 9, 9], 14 + 40 + 4);
    });
    expect(judge(outputsAgree, run)).toBe("holds");
  });
  test("does not apply to holders that do different things", () => {
    expect(judge(outputsAgree, floodRun())).toBe("not-applicable");
    const worked = bend(ports(), ({ recipe }) => {
      for (const holder of recipe.holders) holder.before = [{ do: "linearize", bytes: 0 }];
    });
    expect(judge(outputsAgree, worked)).toBe("not-applicable");
  });
});
