import { describe, expect, test } from "vitest";
import { findingOf, signatureOf } from "./finding.js";
import { lawBrokenIf, violation } from "./testing/fakes.js";

describe("signatureOf", () => {
  test("leaves out numbers that stand alone", () => {
    expect(signatureOf("no-leak", "skb#12.shinfo.frags[3] at 0x1F")).toBe("no-leak@skb#N.shinfo.frags[N] at N");
  });

  test("keeps digits that belong to a name", () => {
    expect(signatureOf("checksum", "udp4_ufo_fragment.ip6_hdr")).toBe("checksum@udp4_ufo_fragment.ip6_hdr");
  });

  test("tells two places and two laws apart", () => {
    const signatures = new Set([signatureOf("a", "len"), signatureOf("a", "data_len"), signatureOf("b", "len")]);
    expect(signatures.size).toBe(3);
  });
});

test("A finding carries the law's sentence and what the violation says.", () => {
  const found = findingOf(
    lawBrokenIf("tall", () => true),
    violation("head#4", "9"),
  );
  expect(found).toEqual({
    law: "tall",
    lawText: "Recipes are not tall.",
    place: "head#4",
    signature: "tall@head#N",
    expected: "whole",
    received: "9",
    at: { holder: 0 },
  });
});
