import { describe, expect, test } from "vitest";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { socketsAgree } from "./socketsAgree.js";

describe("sockets-agree", () => {
  test("holds when all read the same, one of them as an aggregate", () => {
    expect(judge(socketsAgree, floodRun())).toBe("holds");
    const run = bend(floodRun({ gso: "udp-l4" }), ({ holders, packet }) => {
      const socket = holders[1]?.sockets[1];
      const [datagram] = socket?.datagrams ?? [];
      if (socket === undefined || datagram === undefined) return;
      socket.accepts = "l4";
      socket.datagrams = [{ ...datagram, payload: Uint8Array.from(packet.datagrams.flatMap((one) => [...one])) }];
    });
    expect(judge(socketsAgree, run)).toBe("holds");
  });
  test("is broken when a socket reads other bytes, fewer bytes or other boundaries", () => {
    const bent = (change: (datagrams: { payload: Uint8Array | undefined }[]) => void) =>
      bend(floodRun(), ({ holders }) => change(holders[1]?.sockets[1]?.datagrams ?? []));
    const changed = bent(([first]) => {
      if (first?.payload !== undefined) first.payload[0] = 0xee;
    });
    expect(judge(socketsAgree, changed)).toEqual(["payload (fraglist)"]);
    expect(
      judge(
        socketsAgree,
        bent((datagrams) => {
          datagrams.length = 2;
        }),
      ),
    ).toEqual(["length (fraglist)"]);
    const moved = bent(([first, second]) => {
      const all = Uint8Array.from([...(first?.payload ?? []), ...(second?.payload ?? [])]);
      if (first !== undefined) first.payload = all.slice(0, 4);
      if (second !== undefined) second.payload = all.slice(4);
    });
    expect(judge(socketsAgree, moved)).toEqual(["boundaries (fraglist)"]);
  });
  test("leaves out a socket that dropped something, or a run in which memory ran out", () => {
    const dropped = bend(floodRun(), ({ holders }) => {
      const socket = holders[1]?.sockets[1];
      if (socket !== undefined) Object.assign(socket, { datagrams: [], drops: 3, inErrors: 3 });
    });
    expect(judge(socketsAgree, dropped)).toBe("not-applicable");
    const failing = bend(floodRun(), ({ recipe }) => {
      recipe.failures = [1];
    });
    expect(judge(socketsAgree, failing)).toBe("not-applicable");
  });
  test("leaves out failed calls whose drops nobody could count", () => {
    const silent = (segs: number) =>
      bend(floodRun(), ({ packet, calls, holders }) => {
        if (packet.view !== undefined) packet.view.shinfo.gsoSegs = segs;
        if (calls[1] !== undefined) calls[1].result = "error";
        if (holders[1]?.sockets[1] !== undefined) holders[1].sockets[1].datagrams = [];
      });
    expect(judge(socketsAgree, silent(0))).toBe("not-applicable");
    expect(judge(socketsAgree, silent(3))).toEqual(["length (fraglist)"]);
  });
  test("does not apply without sockets, or to unicast", () => {
    expect(judge(socketsAgree, sampleRun())).toBe("not-applicable");
    const unicast = bend(floodRun(), ({ recipe, holders }) => {
      recipe.packet.cast = "unicast";
      if (holders[1]?.sockets[1] !== undefined) holders[1].sockets[1].datagrams = [];
    });
    expect(judge(socketsAgree, unicast)).toBe("not-applicable");
  });
});
