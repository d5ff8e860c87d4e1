import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { tapAcceptsByTheRules } from "./tapAcceptsByTheRules.js";
import { refusalOf, requestOf } from "./vnetRules.js";

const tap = (gso: "udp-l4" | "tcp" | "ufo", change: (run: Mutable<Run>) => void = () => {}) =>
  bend(sampleRun({ gso, payloads: [20, 20] }), (run) => {
    run.recipe.packet.arrival = "tap";
    run.packet.arrival = "accepted";
    change(run);
  });
const refused = (gso: "udp-l4" | "tcp", change: (run: Mutable<Run>) => void) =>
  tap(gso, (run) => {
    Object.assign(run.packet, { arrival: "refused", errno: "EINVAL", view: undefined });
    change(run);
  });

describe("tap-accepts-by-the-rules", () => {
  test("holds of packets that keep them", () => {
    expect((["udp-l4", "tcp", "ufo"] as const).map((gso) => judge(tapAcceptsByTheRules, tap(gso)))).toEqual([
      "holds",
      "holds",
      "holds",
    ]);
  });
  test("holds of a refusal where a rule is broken", () => {
    const run = refused("udp-l4", ({ recipe }) => void (recipe.packet.checksum = "none"));
    expect(judge(tapAcceptsByTheRules, run)).toBe("holds");
  });
  test("is broken by a refusal without a reason", () => {
    expect(
      judge(
        tapAcceptsByTheRules,
        refused("tcp", () => {}),
      ),
    ).toEqual(["refused (tcpv6)"]);
  });
  test("is broken by what should have been refused", () => {
    const outside = tap("udp-l4", ({ recipe }) => void (recipe.packet.checksumStart = 500));
    const inFront = tap("tcp", ({ recipe }) => void (recipe.packet.checksumStart = -40));
    expect([outside, inFront].map((run) => judge(tapAcceptsByTheRules, run))).toEqual([
      ["accepted (udp-l4)"],
      ["accepted (tcpv6)"],
    ]);
  });
  test("memory that ran out is no rule, and no other arrival has a header", () => {
    const out = refused("tcp", ({ packet }) => void (packet.errno = "ENOMEM"));
    expect([out, sampleRun()].map((run) => judge(tapAcceptsByTheRules, run))).toEqual([
      "not-applicable",
      "not-applicable",
    ]);
  });
});

describe("refusalOf", () => {
  const request = { gso: "none", needsCsum: true, csumStart: 34, csumOffset: 6, frameLength: 60 } as const;
  test.each([
    [{}, undefined],
    [{ csumStart: 52 }, undefined],
    [{ csumStart: 53 }, "a checksum outside the frame"],
    [{ csumStart: 19 }, "a checksum that starts in front of any transport header"],
    [{ csumStart: 20 }, undefined],
    [{ gso: "tcpv4", csumOffset: 16, csumStart: 41 }, "a checksum outside the frame"],
    [{ gso: "tcpv4", csumOffset: 16, csumStart: 40 }, undefined],
    [{ gso: "tcpv6", csumOffset: 16, csumStart: 39 }, "a checksum that starts in front of any transport header"],
    [{ gso: "udp-l4", needsCsum: false }, "datagrams to be cut without a checksum to be made"],
    [{ gso: "tcpv6", needsCsum: false, frameLength: 59 }, "no room for the headers"],
    [{ gso: "udp", needsCsum: false, frameLength: 28 }, undefined],
  ] as const)("%j: %s", (more, expected) => {
    expect(refusalOf({ ...request, ...more })).toBe(expected);
  });
  test("the request counts headers with all the payload", () => {
    expect(requestOf(tap("tcp"))?.frameLength).toBe(54 + 20 + 40);
  });
});
