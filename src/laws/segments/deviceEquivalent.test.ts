import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, poke, type SampleOptions, sampleRecipe, sampleRun } from "../testing/sampleRun.js";
import { deviceEquivalent } from "./deviceEquivalent.js";

const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

/** The run with a device that cuts: with everything whole in one frame, or in the partial segments of the options. */
function capable(options: SampleOptions, whole: boolean): Run {
  return bend(sampleRun(options), ({ recipe, holders, packet }) => {
    Object.assign(recipe.holders[0]?.device ?? {}, { tso: true, udpL4: true });
    const [holder] = holders;
    if (!whole || holder === undefined || packet.view === undefined) return;
    holder.frames = [{ bytes: packet.view.bytes, view: packet.view, later: "same" }];
  });
}
const software = (options: SampleOptions) => sampleRun({ ...options, features: 0 });

describe("device-equivalent", () => {
  test.each<SampleOptions>([
    { gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x99 },
    { gso: "tcp", payloads: [8, 8], family: "ipv4" },
    { gso: "udp-l4", payloads: [7, 7, 2], family: "ipv4" },
  ])("holds of a packet that the device gets whole: %j", (options) => {
    expect(judge(deviceEquivalent, capable(options, true), { software: software(options) })).toBe("holds");
  });

  test.each(["tcp", "udp-l4"] as const)("holds of partial segments of %s", (gso) => {
    const options = { gso, payloads: [23], gsoSize: 3, partialSegs: 3, family: "ipv4", tcpFlags: 0x99 } as const;
    const run = capable({ ...options, features: PARTIAL }, false);
    const plain = software({ ...options, partialSegs: 1 });
    expect(judge(deviceEquivalent, run, { software: plain })).toBe("holds");
  });

  test("is broken by a byte that one of them changed", () => {
    const options = { gso: "tcp", payloads: [8, 8] } as const;
    const other = bend(software(options), ({ holders }) => {
      const view = holders[0]?.frames[1]?.view;
      if (view !== undefined) poke(view, 80, 0x77);
      holders[0]?.frames[1]?.bytes?.fill(0x77, 80, 81);
    });
    expect(judge(deviceEquivalent, capable(options, true), { software: other })).toEqual(["bytes (tcp)"]);
  });

  test("is broken by another number of packets", () => {
    const options = { gso: "tcp", payloads: [8, 8] } as const;
    const other = bend(software(options), ({ holders }) => void holders[0]?.frames.pop());
    expect(judge(deviceEquivalent, capable(options, true), { software: other })).toEqual(["count (tcp)"]);
  });

  test("does not apply where nothing is left to the device", () => {
    const options = { gso: "tcp", payloads: [8, 8] } as const;
    expect(judge(deviceEquivalent, capable(options, false), { software: software(options) })).toBe("not-applicable");
    expect(judge(deviceEquivalent, capable(options, true))).toBe("not-applicable");
  });

  test("its companion has a device that segments nothing, and there is none for lists or tunnels", () => {
    const asked = (change: Parameters<typeof sampleRecipe>[0]) => deviceEquivalent.companions?.(sampleRecipe(change));
    const capableOf = asked(({ packet, holders }) => {
      packet.gso = "tcp";
      Object.assign(holders[0]?.device ?? {}, { tso: true, checksum: "hw" });
    });
    expect(capableOf?.["software"]?.holders[0]?.device).toMatchObject({ tso: false, checksum: "hw" });
    expect(asked(({ holders }) => void Object.assign(holders[0]?.device ?? {}, { tso: true }))).toBeUndefined();
  });
});
