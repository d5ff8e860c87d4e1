/** What must be true of every list of laws, as tests. */
import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_UDP_L4, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import type { Run } from "../../recipe/Run.js";
import type { Law } from "../law.js";
import { failedRun, floodRun } from "./floodRun.js";
import { type GroOptions, groRun } from "./groRun.js";
import { mangle } from "./mangle.js";
import { type SampleOptions, sampleRun } from "./sampleRun.js";

const OPTIONS: readonly SampleOptions[] = [
  {},
  { family: "ipv4" },
  { payloads: [91, 91] },
  { payloads: [7, 3, 9] },
  { checksum: "partial" },
  { zeroChecksum: true },
  { gso: "udp-l4" },
  { gso: "udp-l4", family: "ipv4", features: NETIF_F_SG },
  { gso: "udp-l4", payloads: [4, 4, 4, 4, 2], features: NETIF_F_SG | NETIF_F_HW_CSUM },
  { gso: "ufo", payloads: [40] },
  { gso: "ufo", payloads: [40], family: "ipv4" },
  { gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x99 },
  { gso: "tcp", family: "ipv4", payloads: [8, 8], features: NETIF_F_SG },
  { gso: "tcp-fraglist", payloads: [8, 8, 8] },
  { gso: "sctp", payloads: [8, 4] },
  { gso: "tcp", family: "ipv4", payloads: [8, 8, 1], tunnel: "vxlan", outerChecksum: true },
  { gso: "udp-l4", payloads: [8, 8], tunnel: "gre", features: NETIF_F_SG, outerChecksum: true },
  { tunnel: "ip" },
];

const GRO_OPTIONS: readonly GroOptions[] = [
  {},
  { family: "ipv4", payloads: [5, 5, 6], merged: 2 },
  { gso: "tcp", payloads: [8, 8, 3], tunnel: "vxlan" },
];

/** Runs that keep every law. */
export const honestRuns = (): readonly Run[] => [
  ...OPTIONS.map((options) => sampleRun(options)),
  ...OPTIONS.filter(({ gso }) => gso !== "ufo").map((options) => floodRun(options)),
  floodRun({ exits: ["route", "veth", "loopback"] }),
  floodRun({ exits: ["route", "tap"], gso: "tcp", family: "ipv4", features: NETIF_F_SG }),
  ...GRO_OPTIONS.map((options) => groRun(options)),
  failedRun({}),
  failedRun({ gso: "udp-l4", features: NETIF_F_GSO_UDP_L4 | NETIF_F_SG }),
];

const ROUNDS = 300;

/** @param more runs that break one of the laws already, where mangling alone would not come to it */
export function describeLaws(title: string, laws: readonly Law[], more: readonly Run[] = []): void {
  describe(title, () => {
    test("have names of their own, in kebab-case", () => {
      const names = laws.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter((name) => !/^[a-z]+(?:-[a-z0-9]+)*$/.test(name))).toEqual([]);
    });
    test("say one thing each, and for which rows", () => {
      const bad = laws.filter(
        ({ law, standsFor }) => / and /.test(law) || !law.endsWith(".") || standsFor.length === 0,
      );
      expect(bad.map(({ name }) => name)).toEqual([]);
    });
    test("hold on honest runs", () => {
      const broken = honestRuns().flatMap((run, i) =>
        laws.map((one) => [i, one.name, one.check(run, {})] as const).filter(([, , verdict]) => Array.isArray(verdict)),
      );
      expect(broken).toEqual([]);
    });
    test("come to a verdict on mangled runs, with places that name no number of the run", () => {
      const runs = [...honestRuns(), ...more];
      const places = new Set<string>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const run = mangle(runs[round % runs.length] as Run, round, 3 + (round % 40));
        for (const one of laws) {
          const verdict = one.check(run, {});
          if (typeof verdict !== "string") for (const { place } of verdict) places.add(place);
        }
      }
      expect([...places].filter((place) => /(?<![A-Za-z_])\d/.test(place))).toEqual([]);
      expect(places.size).toBeGreaterThan(0);
    });
  });
}
