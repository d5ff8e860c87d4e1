import { describe, expect, test } from "vitest";
import { SKB_GSO_TCP_FIXEDID, SKB_GSO_UDP } from "../../abi/features.js";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedTypeRight } from "./mergedTypeRight.js";

const retyped = (run: ReturnType<typeof groRun>, bit: number) =>
  bendGro(run, ({ delivered: [first] }) => void (first && (first.view.shinfo.gsoType ^= bit)));

describe("merged-type-right", () => {
  test("holds of every kind, tunnels among them", () => {
    const kinds = [
      {},
      { gso: "tcp" },
      { gso: "tcp", tunnel: "gre", outerChecksum: true },
      { gso: "tcp", tunnel: "vxlan" },
    ] as const;
    expect(kinds.map((kind) => judge(mergedTypeRight, groRun({ payloads: [8, 8], ...kind })))).toEqual(
      kinds.map(() => "holds"),
    );
  });
  test("is broken by a type that the headers do not have", () => {
    expect(judge(mergedTypeRight, retyped(groRun(), SKB_GSO_UDP))).toEqual(["UDP"]);
  });
  test("is broken by fixed identifications that count", () => {
    const run = groRun({ gso: "tcp", family: "ipv4", payloads: [8, 8] });
    expect(judge(mergedTypeRight, retyped(run, SKB_GSO_TCP_FIXEDID))).toEqual(["TCP_FIXEDID (tcp)"]);
  });
});
