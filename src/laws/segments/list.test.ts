import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SCTP_CRC, NETIF_F_SG } from "../../abi/features.js";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, firstCall, type Mutable, type SampleOptions, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { comparisonLaws, segmentLaws } from "./list.js";

const everyOne = [...segmentLaws, ...comparisonLaws];
const PARTIAL = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;

const honest: readonly SampleOptions[] = (["ipv4", "ipv6"] as const).flatMap((family) => [
  { family },
  { family, payloads: [1, 1] },
  { family, payloads: [100, 100, 100, 40], zeroChecksum: true },
  { family, checksum: "partial" },
  { family, checksum: "none", features: 0 },
  { family, listPath: false, payloads: [6, 6, 6, 1] },
  { family, listPath: false, features: 0 },
  { family, gso: "udp-l4", payloads: [23], gsoSize: 10 },
  { family, gso: "udp-l4", payloads: [20], gsoSize: 10, features: NETIF_F_SG },
  { family, gso: "udp-l4", payloads: [20], gsoSize: 3, features: 0 },
  { family, gso: "udp-l4", payloads: [23], gsoSize: 3, partialSegs: 3, features: PARTIAL },
  { family, gso: "udp-l4", payloads: [19], gsoSize: 3, partialSegs: 3, features: PARTIAL },
  { family, gso: "ufo", payloads: [30] },
  { family, gso: "ufo", payloads: [100], gsoSize: 24, features: 0 },
  { family, gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x99 },
  { family, gso: "tcp", payloads: [8, 8, 8], features: NETIF_F_SG },
  { family, gso: "tcp", payloads: [23], gsoSize: 3, partialSegs: 3, features: PARTIAL, tcpFlags: 0x99 },
  { family, gso: "tcp-fraglist", payloads: [8, 8, 8, 5] },
  { family, gso: "tcp-fraglist", listPath: false, payloads: [8, 8, 8], checksum: "partial" },
  { family, gso: "sctp", payloads: [8, 12, 4] },
  { family, gso: "sctp", payloads: [8, 8], features: NETIF_F_SCTP_CRC },
  ...(["vxlan", "gre", "ip"] as const).flatMap((tunnel): SampleOptions[] => [
    { family, tunnel, gso: "udp-l4", payloads: [10, 10, 3] },
    { family, tunnel, gso: "tcp", payloads: [8, 8, 3], outerChecksum: true },
    { family, tunnel, gso: "tcp", payloads: [8, 8], outerChecksum: true, features: NETIF_F_SG },
    { family, tunnel, gso: "fraglist", outerChecksum: true },
    { family, tunnel, gso: "tcp-fraglist", payloads: [8, 8], checksum: "partial" },
  ]),
]);

/** Ways to make a run absurd: what a broken model or a foreign engine may hand over. */
const absurd: Readonly<Record<string, (run: Mutable<Run>) => void>> = {
  "nothing is readable": (run) => {
    for (const view of [firstCall(run).input, ...firstCall(run).segments]) {
      view.bytes = undefined;
      view.linear = new Uint8Array();
    }
  },
  "segments are cut short": (run) => {
    firstCall(run).segments.forEach((view, i) => {
      view.bytes = new Uint8Array(i * 9);
      view.linear = view.bytes;
    });
  },
  "the chain is cyclic": (run) => {
    firstCall(run).chain = "cyclic";
    firstCall(run).segments.push(segmentOf(run, 0));
  },
  "there are no segments": (run) => {
    firstCall(run).segments = [];
    firstCall(run).after = undefined;
  },
  "offsets are out of this world": (run) => {
    for (const view of firstCall(run).segments) {
      Object.assign(view, {
        data: 0xffffffff,
        tail: -1,
        len: 0xffffffff,
        dataLen: 0xfffffff0,
        macHeader: 0xffff,
        csumStart: -5,
      });
    }
  },
  "gso fields are zero": (run) => {
    Object.assign(firstCall(run).input.shinfo, { gsoSize: 0, gsoSegs: 0, gsoType: 0 });
  },
  "there are more segments than datagrams": (run) => {
    run.packet.datagrams = [];
    run.packet.originals = [];
    run.packet.view = undefined;
  },
  "holders are gone": (run) => {
    run.holders = [];
    run.recipe.holders = [];
  },
  "sizes disagree": (run) => {
    firstCall(run).input.shinfo.gsoSize = 0xffff;
    for (const view of firstCall(run).segments)
      view.shinfo.frags = Array.from({ length: 30 }, () => ({ page: 1, offset: 0, len: 0 }));
  },
};

describe("segmentLaws", () => {
  test.each(honest)("none is broken by an honest run: %j", (options) => {
    const run = sampleRun(options);
    const broken = everyOne.flatMap((law) => {
      const verdict = judge(law, run, { alone: run, generic: run });
      return typeof verdict === "string" ? [] : [`${law.name}: ${verdict.join(", ")}`];
    });
    expect(broken).toEqual([]);
  });

  test("each applies to some honest run or needs more than a plain one", () => {
    const idle = segmentLaws.filter((law) =>
      honest.every((options) => judge(law, sampleRun(options)) === "not-applicable"),
    );
    expect(idle.map((law) => law.name)).toEqual([
      "timestamp-on-first",
      "tcp-timestamp-on-its-byte",
      "shared-frag-flag-follows",
    ]);
  });

  test.each(Object.keys(absurd))("none throws when %s", (name) => {
    for (const options of honest) {
      const run = bend(sampleRun(options), absurd[name] ?? (() => {}));
      for (const law of everyOne) {
        expect(() => law.check(run, { alone: run, generic: run })).not.toThrow();
      }
    }
  });

  test.each(["error", "whole", "faulted"] as const)("none looks at a call that ended with %s", (result) => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).result = result;
      firstCall(r).chain = "cyclic";
    });
    expect(everyOne.filter((law) => judge(law, run) !== "not-applicable")).toEqual([]);
  });

  test("names are unique, kebab-case, with a sentence that says one thing", () => {
    expect(new Set(everyOne.map((law) => law.name)).size).toBe(everyOne.length);
    for (const law of everyOne) {
      expect(law.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(law.law).toMatch(/^[A-Z].*\.$/);
      expect(law.law).not.toMatch(/\band\b/i);
      expect(law.standsFor.length).toBeGreaterThan(0);
    }
  });
});
