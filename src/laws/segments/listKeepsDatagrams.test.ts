import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, firstCall, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { listKeepsDatagrams } from "./listKeepsDatagrams.js";

describe("list-keeps-datagrams", () => {
  test("holds of the list path", () => {
    expect(judge(listKeepsDatagrams, sampleRun())).toEqual("holds");
  });

  test("is broken by a datagram that swallowed the next", () => {
    const run = bend(sampleRun(), (r) => {
      segmentOf(r, 0).bytes = firstCall(r).input.bytes;
      firstCall(r).segments.splice(1);
    });
    expect(judge(listKeepsDatagrams, run)).toEqual(["count", "head"]);
  });

  test("is broken by a member with other bytes", () => {
    const run = bend(sampleRun(), (r) => {
      poke(segmentOf(r, 2), 62, 0xff);
    });
    expect(judge(listKeepsDatagrams, run)).toEqual(["member"]);
  });

  test("does not apply to a packet that was trimmed", () => {
    const run = bend(sampleRun(), (r) => {
      firstCall(r).input.bytes = firstCall(r).input.bytes?.slice(0, -1);
    });
    expect(judge(listKeepsDatagrams, run)).toEqual("not-applicable");
  });

  test("does not apply to the generic path", () => {
    expect(judge(listKeepsDatagrams, sampleRun({ gso: "udp-l4", payloads: [13], gsoSize: 5 }))).toEqual(
      "not-applicable",
    );
  });
});
