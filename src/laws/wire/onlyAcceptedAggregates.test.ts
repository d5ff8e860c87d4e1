import { describe, expect, test } from "vitest";
import { SKB_GSO_FRAGLIST, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import type { Run, SocketRun } from "../../recipe/Run.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { onlyAcceptedAggregates } from "./onlyAcceptedAggregates.js";

const LIST = SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4;

/** A delivery in which the first datagram of a socket is an aggregate of that type. */
const queued = (accepts: SocketRun["accepts"], gsoType: number): Run =>
  bend(floodRun(), ({ holders }) => {
    const socket = holders[1]?.sockets[0];
    if (socket === undefined) return;
    socket.accepts = accepts;
    Object.assign(socket.datagrams[0]?.view.shinfo ?? {}, { gsoSize: 8, gsoType });
  });

describe("only-accepted-aggregates", () => {
  test("holds for single datagrams, and for what the socket takes", () => {
    expect(judge(onlyAcceptedAggregates, floodRun())).toBe("holds");
    expect(judge(onlyAcceptedAggregates, queued("l4", SKB_GSO_UDP_L4))).toBe("holds");
    expect(judge(onlyAcceptedAggregates, queued("fraglist", LIST))).toBe("holds");
    expect(judge(onlyAcceptedAggregates, queued("fraglist", SKB_GSO_UDP_L4))).toBe("holds");
  });
  test("is broken by an aggregate in a socket that takes none", () => {
    expect(judge(onlyAcceptedAggregates, queued("nothing", SKB_GSO_UDP_L4))).toEqual(["an aggregate"]);
  });
  test("is broken by a list in a socket that asked for large payloads", () => {
    expect(judge(onlyAcceptedAggregates, queued("l4", LIST))).toEqual(["a list"]);
  });
  test("does not apply where nothing was delivered", () => {
    expect(judge(onlyAcceptedAggregates, sampleRun())).toBe("not-applicable");
  });
});
