import { describe, expect, test } from "vitest";
import { sampleRun } from "../testing/sampleRun.js";
import { payloadOf, udpOffsetOf } from "./payloadOf.js";

describe("payloadOf", () => {
  const run = sampleRun();
  const view = run.calls[0]?.input;
  test("is everything behind the UDP header", () => {
    expect(view && payloadOf(run, view)).toEqual(Uint8Array.from(run.packet.datagrams.flatMap((one) => [...one])));
  });
  test("counts a tag that was pushed into the frame", () => {
    expect(view && udpOffsetOf(run, { ...view, networkHeader: view.networkHeader + 4 })).toBe(58);
    expect(view && udpOffsetOf(run, { ...view, networkHeader: 0 })).toBe(54);
  });
  test("is undefined for a packet that cannot be read", () => {
    expect(view && payloadOf(run, { ...view, bytes: undefined })).toBeUndefined();
  });
});
