import { describe, expect, test } from "vitest";
import type { HolderRun } from "../recipe/Run.js";
import { chainedAgain, reachesWire } from "./exits.js";
import { floodRun } from "./testing/floodRun.js";
import { bend } from "./testing/sampleRun.js";

describe("reachesWire", () => {
  test("is said of exits that end in a device", () => {
    const exits = ["port", "route", "vxlan", "veth", "local", "loopback", "tap"] as const;
    expect(exits.filter((exit) => reachesWire({ exit }))).toEqual(["port", "route", "vxlan", "veth"]);
  });
});

describe("chainedAgain", () => {
  const sent = (gso: "tcp" | "tcp-fraglist", listPath: boolean) =>
    bend(floodRun({ exits: ["port", "veth"], gso }), ({ calls }) => {
      for (const call of calls) call.listPath = listPath;
    });

  test("is said of what only the far end of a veth pair made a list", () => {
    const said = (run: ReturnType<typeof sent>) => run.holders.map((holder: HolderRun) => chainedAgain(run, holder));
    expect(said(sent("tcp", true))).toEqual(["", " chained again"]);
    expect(said(sent("tcp", false))).toEqual(["", ""]);
    expect(said(sent("tcp-fraglist", true))).toEqual(["", ""]);
  });
});
