import { describe, expect, test } from "vitest";
import { sampleView } from "../testing/sampleRun.js";
import { areaOf, areaOfDifference, frameOf } from "./area.js";

describe("the parts of a packet", () => {
  const view = sampleView();
  test("are told by the header offsets", () => {
    const parts = [0, 13, 14, 53, 54, 56, 58, 60, 62, 66].map((offset) => areaOf(view, offset));
    expect(parts).toEqual([
      "headers",
      "headers",
      "headers",
      "headers",
      "headers",
      "headers",
      "headers",
      "headers",
      "payload",
      "payload",
    ]);
  });
  test("are named by the first difference", () => {
    const bytes = view.bytes ?? new Uint8Array();
    const other = bytes.slice();
    other[58] = 0xff;
    expect(areaOfDifference(view, bytes, other)).toBe("headers");
    expect(areaOfDifference(view, bytes, bytes.slice(0, 40))).toBe("length");
  });
  test("begin at the MAC header, whatever has been pulled", () => {
    const pulled = { ...view, data: view.data + 14, bytes: view.bytes?.slice(14) };
    expect(frameOf(pulled)).toEqual(view.bytes);
    expect(frameOf(view)).toEqual(view.bytes);
    expect(frameOf({ ...view, bytes: undefined })).toBeUndefined();
    expect(frameOf({ ...view, macHeader: -1e9 })).toEqual(view.bytes);
  });
});
