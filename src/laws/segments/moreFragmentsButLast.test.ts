import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { moreFragmentsButLast } from "./moreFragmentsButLast.js";

describe("more-fragments-but-last", () => {
  test("holds over IPv6", () => {
    expect(judge(moreFragmentsButLast, sampleRun({ gso: "ufo", payloads: [30] }))).toEqual("holds");
  });

  test("holds over IPv4", () => {
    expect(judge(moreFragmentsButLast, sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }))).toEqual("holds");
  });

  test("is broken by a flag that is missing", () => {
    const run = bend(sampleRun({ gso: "ufo", family: "ipv4", payloads: [30] }), (r) => {
      poke(segmentOf(r, 0), 20, 0);
    });
    expect(judge(moreFragmentsButLast, run)).toEqual(["IPv4: missing"]);
  });

  test("is broken by a flag on the last", () => {
    const run = bend(sampleRun({ gso: "ufo", payloads: [30] }), (r) => {
      poke(segmentOf(r, 2), 57, 33);
    });
    expect(judge(moreFragmentsButLast, run)).toEqual(["IPv6: on the last"]);
  });

  test("does not apply to datagrams", () => {
    expect(judge(moreFragmentsButLast, sampleRun())).toEqual("not-applicable");
  });
});
