import { describe, expect, test } from "vitest";
import { kindOf } from "./kindOf.js";

describe("kindOf", () => {
  test("leaves the number out of an object's name", () => {
    expect(["skb#3", "shinfo#12.dataref", "page#1", "sender", "receiver 2.1", "7", ""].map(kindOf)).toEqual([
      "skb",
      "shinfo.dataref",
      "page",
      "sender",
      "receiver",
      "object",
      "object",
    ]);
  });
});
