import { describe, expect, test } from "vitest";
import { CHECKSUM_PARTIAL } from "../abi/features.js";
import { parseFrame, udpChecksumState } from "../wire/frame.js";
import { completedFrame } from "./completedFrame.js";
import { firstCall, sampleRun, sampleView } from "./testing/sampleRun.js";

describe("completedFrame", () => {
  test("stores the sum where csum_offset says", () => {
    const [segment] = firstCall(sampleRun({ gso: "udp-l4", payloads: [5, 5] })).segments;
    const bytes = segment?.bytes ?? new Uint8Array();
    const whole = segment && completedFrame(bytes, segment, true);
    const parsed = whole && parseFrame(whole);
    expect(whole && parsed && udpChecksumState(whole, parsed)).toBe("ok");
  });
  test("leaves a frame alone that is complete, or that says nothing sensible", () => {
    const view = sampleView();
    const bytes = view.bytes ?? new Uint8Array();
    expect(completedFrame(bytes, view, true)).toBe(bytes);
    for (const wrong of [{ csumStart: 1 }, { csumStart: 60_000 }, { csumOffset: -9 }]) {
      const bent = sampleView({ ipSummed: CHECKSUM_PARTIAL, csumStart: view.transportHeader, csumOffset: 6, ...wrong });
      expect(completedFrame(bytes, bent, true)).toBe(bytes);
    }
  });
});
