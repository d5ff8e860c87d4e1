import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedChecksumReady } from "./mergedChecksumReady.js";

const stream = groRun({ gso: "tcp", payloads: [8, 8] });

describe("merged-checksum-ready", () => {
  test("holds of a stream, of datagrams, of a list", () => {
    const runs = [stream, groRun({ gso: "udp-l4", payloads: [5, 5], family: "ipv4" }), groRun()];
    expect(runs.map((run) => judge(mergedChecksumReady, run))).toEqual(["holds", "holds", "holds"]);
  });
  test("is broken by a sum that is not that of the pseudo-header", () => {
    const run = bendGro(stream, ({ delivered }) => void delivered[0]?.frame.fill(1, 70, 72));
    expect(judge(mergedChecksumReady, run)).toEqual(["pseudo-header sum (tcp)"]);
  });
  test("is broken by a state or a start that leads elsewhere", () => {
    const run = bendGro(
      stream,
      ({ delivered }) => void Object.assign(delivered[0]?.view ?? {}, { ipSummed: 1, csumStart: 0, csumOffset: 6 }),
    );
    expect(judge(mergedChecksumReady, run)).toEqual(["ip_summed (tcp)", "csum_start (tcp)", "csum_offset (tcp)"]);
  });
  test("is broken by a list whose first sum was changed", () => {
    const run = bendGro(groRun(), ({ delivered }) => void delivered[0]?.frame.fill(1, 60, 62));
    expect(judge(mergedChecksumReady, run)).toEqual(["the first one's sum"]);
  });
});
