import { describe, expect, test } from "vitest";
import { NETIF_F_SG } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, type SampleOptions, sampleRun } from "../testing/sampleRun.js";
import { tunnelChecksumsRightOnTheWire } from "./tunnelChecksumsRightOnTheWire.js";

const sent = (more: SampleOptions = {}) =>
  sampleRun({ gso: "tcp", payloads: [8, 8], tunnel: "vxlan", outerChecksum: true, ...more });
const poked = (run: ReturnType<typeof sent>, at: number) =>
  bend(run, ({ holders }) => void holders[0]?.frames[1]?.bytes?.fill(0x12, at, at + 2));

describe("tunnel-checksums-right-on-the-wire", () => {
  test("holds with inner sums that are made, or left to the device", () => {
    const runs = [
      sent(),
      sent({ features: NETIF_F_SG }),
      sent({ tunnel: "gre" }),
      sent({ tunnel: "ip" }),
      sent({ outerChecksum: false }),
    ];
    expect(runs.map((run) => judge(tunnelChecksumsRightOnTheWire, run))).toEqual(runs.map(() => "holds"));
  });
  test("is broken by a sum outside, or by one inside with the sum around it", () => {
    expect(judge(tunnelChecksumsRightOnTheWire, poked(sent(), 40))).toEqual(["outer UDP (tcp in a tunnel)"]);
    expect(judge(tunnelChecksumsRightOnTheWire, poked(sent({ tunnel: "gre", features: 0 }), 38))).toEqual([
      "outer GRE (tcp in a tunnel)",
    ]);
    expect(judge(tunnelChecksumsRightOnTheWire, poked(sent({ features: 0 }), 120))).toEqual([
      "outer UDP (tcp in a tunnel)",
      "inner TCP (tcp in a tunnel)",
    ]);
  });
  test("the sum of a header that a translator went over has a place of its own", () => {
    const translated = bend(poked(sent(), 40), ({ recipe }) => {
      Object.assign(recipe.holders[0] ?? {}, { before: [{ do: "nat-source", bytes: 0 }] });
    });
    expect(judge(tunnelChecksumsRightOnTheWire, translated)).toEqual(["outer UDP, translated (tcp in a tunnel)"]);
  });
  test("a tunnel without a sum may have lost the port that it is known by", () => {
    const zero = bend(sent({ gso: "udp-l4", features: 0 }), ({ holders }) => {
      const { bytes } = holders[0]?.frames[1] ?? {};
      bytes?.fill(0, 40, 42);
      bytes?.fill(0, 110, 112);
    });
    const translated = bend(zero, ({ recipe }) => {
      Object.assign(recipe.packet.tunnels[0] ?? {}, { checksum: false });
      Object.assign(recipe.holders[0] ?? {}, { before: [{ do: "nat-destination", bytes: 0 }] });
    });
    expect([zero, translated].map((run) => judge(tunnelChecksumsRightOnTheWire, run))).toEqual([
      ["inner UDP (udp-l4 in a tunnel)"],
      "holds",
    ]);
  });
  test("does not apply without a tunnel, or with remote checksum offload", () => {
    const remote = bend(sent(), ({ recipe }) => void Object.assign(recipe.packet.tunnels[0] ?? {}, { remcsum: true }));
    expect([sampleRun({ gso: "tcp" }), remote].map((run) => judge(tunnelChecksumsRightOnTheWire, run))).toEqual([
      "not-applicable",
      "not-applicable",
    ]);
  });
});
