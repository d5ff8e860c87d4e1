import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { ipv4LengthRight } from "./ipv4LengthRight.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

describe("ipv4-length-right", () => {
  test("holds of a list", () => {
    expect(judge(ipv4LengthRight, sampleRun({ family: "ipv4" }))).toEqual("holds");
  });

  test("holds of partial segments, which name one unit", () => {
    expect(
      judge(
        ipv4LengthRight,
        sampleRun({ family: "ipv4", gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      ),
    ).toEqual("holds");
  });

  test("is broken by the length of the aggregate", () => {
    const run = bend(sampleRun({ family: "ipv4" }), (r) => {
      poke(segmentOf(r, 0), 17, 41);
    });
    expect(judge(ipv4LengthRight, run)).toEqual(["list path"]);
  });

  test("is broken by a partial segment that names all of it", () => {
    const run = bend(
      sampleRun({ family: "ipv4", gso: "udp-l4", payloads: [16], gsoSize: 3, partialSegs: 2, features: PARTIAL }),
      (r) => {
        poke(segmentOf(r, 0), 17, 34);
      },
    );
    expect(judge(ipv4LengthRight, run)).toEqual(["generic path"]);
  });

  test("does not apply to IPv6", () => {
    expect(judge(ipv4LengthRight, sampleRun())).toEqual("not-applicable");
  });
});
