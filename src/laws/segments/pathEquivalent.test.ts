import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRecipe, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { pathEquivalent } from "./pathEquivalent.js";

const generic = sampleRun({ listPath: false });

const aggregate = sampleRecipe((recipe) => {
  recipe.packet.evenMembers = true;
  recipe.holders[0]?.before.push({ do: "cow", bytes: 0 });
});

describe("path-equivalent", () => {
  test("its companion is kept off the list path", () => {
    const companion = pathEquivalent.companions?.(aggregate)?.generic;
    expect(companion?.holders[0]?.before.map((step) => step.do)).toEqual(["linearize", "mark-dodgy", "cow"]);
  });

  test.each([
    ["something that is no fraglist", { gso: "udp-l4" }],
    ["uneven members", { evenMembers: false }],
    ["a rewritten packet", { rewritten: "source" }],
    ["an untrusted packet", { dodgy: true }],
    ["a packet from a tap", { arrival: "tap" }],
  ] as const)("there is no companion for %s", (_, packet) => {
    const recipe = { ...aggregate, packet: { ...aggregate.packet, ...packet } };
    expect(pathEquivalent.companions?.(recipe)).toBeUndefined();
  });

  test("holds when both paths give the same packets, whatever is in the checksum fields", () => {
    expect(judge(pathEquivalent, sampleRun(), { generic })).toBe("holds");
    const offload = sampleRun({ listPath: false, checksum: "partial" });
    expect(judge(pathEquivalent, sampleRun(), { generic: offload })).toBe("holds");
  });

  test("is broken by a member with a header of its own", () => {
    const run = bend(sampleRun(), (r) => poke(segmentOf(r, 1), 21, 63));
    expect(judge(pathEquivalent, run, { generic })).toEqual(["bytes"]);
  });

  test("is broken by another split", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 0).bytes = segmentOf(r, 0).bytes?.slice(0, -1);
    });
    expect(judge(pathEquivalent, run, { generic })).toEqual(["length"]);
  });

  test("is broken by another number of segments", () => {
    const run = bend(sampleRun(), (r) => void firstCall(r).segments.pop());
    expect(judge(pathEquivalent, run, { generic })).toEqual(["count"]);
  });

  test("does not apply to members that GRO would not have put together", () => {
    const uneven = { payloads: [5, 2, 6] };
    expect(judge(pathEquivalent, sampleRun(uneven), { generic: sampleRun({ ...uneven, listPath: false }) })).toBe(
      "not-applicable",
    );
  });

  test("does not apply when a device takes the packet whole once it is linear", () => {
    const whole = bend(generic, (r) => void (firstCall(r).result = "whole"));
    expect(judge(pathEquivalent, sampleRun(), { generic: whole })).toBe("not-applicable");
  });

  test("does not apply when the generic path was taken anyway", () => {
    expect(judge(pathEquivalent, generic, { generic })).toBe("not-applicable");
  });
});
