import { describe, expect, test } from "vitest";
import type { Run } from "../../recipe/Run.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { sampleTunnel } from "../testing/sampleFrames.js";
import { bend, type Mutable, type SampleOptions, sampleRecipe } from "../testing/sampleRun.js";
import { tunnelCarriesTheSame } from "./tunnelCarriesTheSame.js";

const bare = (options: SampleOptions = {}) => floodRun({ exits: ["port"], ...options });
/** The same frames, each in a tunnel. */
const inTunnel = (options: SampleOptions = {}, change: (run: Mutable<Run>) => void = () => {}) =>
  bend(floodRun({ exits: ["vxlan"], ...options }), (run) => {
    for (const frame of run.holders[0]?.frames ?? []) {
      frame.bytes = sampleTunnel("vxlan", frame.bytes ?? new Uint8Array(), { id: 7, checksum: true });
      frame.view.macHeader -= 50;
    }
    change(run);
  });

describe("tunnel-carries-the-same", () => {
  test("holds, with sums that a device will complete", () => {
    const options = { gso: "tcp", payloads: [8, 8, 1], family: "ipv4" } as const;
    expect(judge(tunnelCarriesTheSame, inTunnel(), { bare: bare() })).toBe("holds");
    expect(judge(tunnelCarriesTheSame, inTunnel(options), { bare: bare({ ...options, features: 0 }) })).toBe("holds");
  });
  test("is broken by a byte inside", () => {
    const run = inTunnel({}, ({ holders }) => void holders[0]?.frames[1]?.bytes?.fill(9, 113, 114));
    expect(judge(tunnelCarriesTheSame, run, { bare: bare() })).toEqual(["bytes (fraglist in a tunnel)"]);
  });
  test("is broken by a frame that is missing", () => {
    const run = inTunnel({}, ({ holders }) => void holders[0]?.frames.pop());
    expect(judge(tunnelCarriesTheSame, run, { bare: bare() })).toEqual(["count (fraglist in a tunnel)"]);
  });
  test("does not apply where a frame would be too long inside a tunnel", () => {
    const run = inTunnel({}, ({ recipe }) => void Object.assign(recipe.holders[0]?.device ?? {}, { mtu: 100 }));
    expect(judge(tunnelCarriesTheSame, run, { bare: bare() })).toBe("not-applicable");
    expect(judge(tunnelCarriesTheSame, floodRun())).toBe("not-applicable");
  });
  test("its companion is the holder alone with a port that cuts everything", () => {
    const recipe = sampleRecipe(({ holders }) => void Object.assign(holders[0] ?? {}, { exit: "vxlan" }));
    const companion = tunnelCarriesTheSame.companions?.(recipe)?.["bare"];
    expect(companion?.holders.map(({ exit, device }) => [exit, device.tso, device.checksum])).toEqual([
      ["port", false, "none"],
    ]);
    expect(tunnelCarriesTheSame.companions?.(sampleRecipe(() => {}))).toBeUndefined();
  });
});
