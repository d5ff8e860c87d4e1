import { describe, expect, test } from "vitest";
import type { SocketRun } from "../../recipe/Run.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { datagramsDeliveredOnce } from "./datagramsDeliveredOnce.js";

const delivery = (change: (socket: Mutable<SocketRun>) => void) =>
  bend(floodRun(), ({ holders }) => {
    const socket = holders[1]?.sockets[0];
    if (socket !== undefined) change(socket);
  });

describe("datagrams-delivered-once", () => {
  test("holds when every datagram arrived as it was sent", () => {
    expect(judge(datagramsDeliveredOnce, floodRun())).toBe("holds");
    expect(judge(datagramsDeliveredOnce, floodRun({ gso: "udp-l4" }))).toBe("holds");
    expect(judge(datagramsDeliveredOnce, floodRun({ payloads: [7, 3, 9] }))).toBe("holds");
  });
  test("is broken by a datagram lost, twice there, cut, changed, or unreadable", () => {
    const ways: [(socket: Mutable<SocketRun>) => void, string][] = [
      [({ datagrams }) => datagrams.pop(), "too few datagrams"],
      [({ datagrams }) => datagrams.push(...datagrams.slice(0, 1)), "too many datagrams"],
      [({ datagrams }) => Object.assign(datagrams[0] as object, { payload: Uint8Array.of(1) }), "length"],
      [({ datagrams }) => datagrams[1]?.payload?.fill(0), "payload"],
      [({ datagrams }) => Object.assign(datagrams[0] as object, { payload: undefined }), "unreadable"],
    ];
    expect(ways.map(([way]) => judge(datagramsDeliveredOnce, delivery(way)))).toEqual(ways.map(([, place]) => [place]));
  });
  test("is broken by an aggregate that lands in a socket which takes none", () => {
    const run = delivery((socket) => {
      const whole = Uint8Array.from(socket.datagrams.flatMap(({ payload }) => [...(payload ?? [])]));
      socket.datagrams = [{ ...(socket.datagrams[0] as SocketRun["datagrams"][number]), payload: whole } as never];
    });
    expect(judge(datagramsDeliveredOnce, run)).toEqual(["too few datagrams"]);
  });
  test("is not excused by what a sibling did before this holder began", () => {
    const run = bend(
      delivery(({ datagrams }) => datagrams.pop()),
      ({ holders }) => {
        const entered = holders[1]?.entered;
        if (entered !== undefined) Object.assign(entered.shinfo, { gsoSize: 0, gsoType: 0, members: [] });
      },
    );
    expect(judge(datagramsDeliveredOnce, run)).toEqual(["too few datagrams"]);
  });
  test("does not apply where boundaries or buffers do not allow it", () => {
    expect(judge(datagramsDeliveredOnce, sampleRun())).toBe("not-applicable");
    expect(judge(datagramsDeliveredOnce, floodRun({ checksum: "complete" }))).toBe("not-applicable");
    const small = bend(
      delivery(({ datagrams }) => datagrams.pop()),
      ({ recipe }) => {
        for (const holder of recipe.holders) for (const socket of holder.sockets) socket.smallBuffer = true;
      },
    );
    expect(judge(datagramsDeliveredOnce, small)).toBe("not-applicable");
    const many = floodRun({ gso: "udp-l4", payloads: Array.from({ length: 100 }, () => 1) });
    expect(judge(datagramsDeliveredOnce, many)).toBe("not-applicable");
    const pulled = bend(
      delivery(({ datagrams }) => datagrams.pop()),
      ({ recipe }) => {
        for (const holder of recipe.holders) holder.before = [{ do: "pull", bytes: 1 }];
      },
    );
    expect(judge(datagramsDeliveredOnce, pulled)).toBe("not-applicable");
  });
});
