import { describe, expect, test } from "vitest";
import type { SegmentationCall, SocketRun } from "../../recipe/Run.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { dropsCounted } from "./dropsCounted.js";

const delivery = (change: (socket: Mutable<SocketRun>, call: Mutable<SegmentationCall>) => void = () => {}) =>
  bend(floodRun({ exits: ["local"] }), ({ holders, calls }) => {
    const socket = holders[0]?.sockets[0];
    if (socket !== undefined && calls[0] !== undefined) change(socket, calls[0]);
  });
const lose = (drops: number, segs = 3) =>
  delivery((socket, call) => {
    Object.assign(socket, { datagrams: [], drops, inErrors: drops });
    Object.assign(call, { result: "error", errno: "ENOMEM", segments: [], after: structuredClone(call.input) });
    call.input.shinfo.gsoSegs = segs;
  });

describe("drops-counted", () => {
  test("holds when everything was delivered", () => {
    expect(judge(dropsCounted, delivery())).toBe("holds");
  });
  test("holds when a failed segmentation counts gso_segs, were they known or not", () => {
    expect(judge(dropsCounted, lose(3))).toBe("holds");
    expect(judge(dropsCounted, lose(0, 0))).toBe("holds");
  });
  test("is broken when a datagram is neither queued nor counted", () => {
    const run = delivery((socket) => {
      socket.datagrams.pop();
    });
    expect(judge(dropsCounted, run)).toEqual(["sk_drops"]);
    expect(judge(dropsCounted, lose(1))).toEqual(["sk_drops"]);
  });
  test("is broken when the two counters disagree", () => {
    const run = delivery((socket) => {
      socket.datagrams.pop();
      socket.drops = 1;
    });
    expect(judge(dropsCounted, run)).toEqual(["InErrors"]);
  });
  test("does not apply to ports, or to what never came to a socket", () => {
    expect(judge(dropsCounted, sampleRun())).toBe("not-applicable");
    const refused = bend(delivery(), ({ holders }) => {
      if (holders[0] !== undefined) holders[0].outcome = "dropped";
    });
    expect(judge(dropsCounted, refused)).toBe("not-applicable");
    const silent = floodRun({ zeroChecksum: true, exits: ["local"] });
    expect(judge(dropsCounted, silent)).toBe("not-applicable");
  });
  test("does not apply to unicast with several listeners", () => {
    const run = bend(delivery(), ({ recipe }) => {
      recipe.packet.cast = "unicast";
    });
    expect(judge(dropsCounted, run)).toBe("not-applicable");
  });
});
