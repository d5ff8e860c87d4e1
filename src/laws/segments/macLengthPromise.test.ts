import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { macLengthPromise } from "./macLengthPromise.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("mac-length-promise", () => {
  test("holds of a list", () => {
    expect(judge(macLengthPromise, sampleRun())).toEqual("holds");
  });

  test("holds of the generic path", () => {
    expect(judge(macLengthPromise, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual("holds");
  });

  test("holds of IPv4 fragments", () => {
    expect(judge(macLengthPromise, sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by a head that swallowed a member", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 0).len += 1;
    });
    expect(judge(macLengthPromise, run)).toEqual(["list path"]);
  });

  test("is broken by a fragment with the headers of the datagram", () => {
    const run = bend(sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }), (r) => {
      segmentOf(r, 1).len += 8;
    });
    expect(judge(macLengthPromise, run)).toEqual(["fragments"]);
  });

  test("does not apply to IPv6 fragments", () => {
    expect(judge(macLengthPromise, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("not-applicable");
  });

  test("does not apply to a list with a datagram larger than the first", () => {
    expect(judge(macLengthPromise, sampleRun({ payloads: [5, 6] }))).toEqual("not-applicable");
  });

  test("does not apply to partial segments", () => {
    expect(
      judge(
        macLengthPromise,
        sampleRun({ gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      ),
    ).toEqual("not-applicable");
  });
});
