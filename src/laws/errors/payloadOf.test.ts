import { describe, expect, test } from "vitest";
import { sampleRun } from "../testing/sampleRun.js";
import { payloadOf, transportOffsetOf } from "./payloadOf.js";

describe("payloadOf", () => {
  const run = sampleRun();
  const view = run.calls[0]?.input;
  test("is everything behind the UDP header", () => {
    expect(view && payloadOf(view)).toEqual(Uint8Array.from(run.packet.datagrams.flatMap((one) => [...one])));
  });
  test("begins later when a tag was pushed into the frame", () => {
    const bytes = view?.bytes ?? new Uint8Array();
    const tagged = Uint8Array.from([...bytes.slice(0, 12), 0x81, 0, 0, 1, ...bytes.slice(12)]);
    expect(view && transportOffsetOf(run, { ...view, bytes: tagged })).toBe(58);
  });
  test("is where the packet was made to have it, when its headers cannot be read", () => {
    expect(view && transportOffsetOf(run, { ...view, bytes: new Uint8Array(3) })).toBe(54);
  });
  test("begins earlier in front of a router's output, where there is no link header yet", () => {
    const atNetwork = view && { ...view, data: view.networkHeader, bytes: view.bytes?.subarray(14) };
    expect(atNetwork && transportOffsetOf(run, atNetwork)).toBe(40);
  });
  test("is undefined for a packet that cannot be read", () => {
    expect(view && payloadOf({ ...view, bytes: undefined })).toBeUndefined();
  });
});
