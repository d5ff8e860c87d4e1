import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedWithinLimits } from "./mergedWithinLimits.js";

const lengthened = (run: ReturnType<typeof groRun>, len: number) =>
  bendGro(run, ({ delivered }) => void Object.assign(delivered[0]?.view ?? {}, { len }));

describe("merged-within-limits", () => {
  test("holds of 64 datagrams and is broken by one more", () => {
    const of = (count: number) => groRun({ gso: "udp-l4", payloads: Array.from({ length: count }, () => 2) });
    expect(judge(mergedWithinLimits, of(64))).toBe("holds");
    expect(judge(mergedWithinLimits, of(65))).toEqual(["count"]);
  });
  test("a stream has no such number", () => {
    expect(judge(mergedWithinLimits, groRun({ gso: "tcp", payloads: Array.from({ length: 70 }, () => 8) }))).toBe(
      "holds",
    );
  });
  test("is broken by 65536 bytes, unless TCP may be big", () => {
    expect(judge(mergedWithinLimits, lengthened(groRun(), 65_535))).toBe("holds");
    expect(judge(mergedWithinLimits, lengthened(groRun(), 65_536))).toEqual(["length"]);
    const tcp = lengthened(groRun({ gso: "tcp", payloads: [8, 8] }), 100_000);
    expect(judge(mergedWithinLimits, tcp)).toEqual(["length (tcp)"]);
    const big = bendGro(tcp, (_, { recipe }) => void (recipe.packet.gro.big = true));
    expect(judge(mergedWithinLimits, big)).toBe("holds");
    expect(judge(mergedWithinLimits, lengthened(big, 185_000))).toEqual(["length (tcp)"]);
  });
});
