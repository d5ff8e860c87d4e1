import { describe, expect, test } from "vitest";
import { Arena } from "./Arena.js";

describe("an arena", () => {
  test("gives stretches one behind the other", () => {
    const arena = new Arena(64);
    expect([arena.take(10), arena.take(0), arena.take(5), arena.used]).toEqual([0, 10, 10, 15]);
  });

  test("fills what it gives, even where another run has been", () => {
    const arena = new Arena(8);
    arena.bytes.fill(1);
    arena.take(4);
    expect(arena.bytes).toEqual(Uint8Array.of(0xa5, 0xa5, 0xa5, 0xa5, 1, 1, 1, 1));
    arena.bytes.fill(2);
    arena.reset();
    expect([arena.used, arena.take(2), arena.bytes[1], arena.bytes[2]]).toEqual([0, 0, 0xa5, 2]);
  });

  test("grows by doubling until there is room, and keeps its bytes", () => {
    const arena = new Arena(8);
    const at = arena.take(6);
    arena.bytes.set([1, 2, 3, 4, 5, 6], at);
    expect(arena.take(2)).toBe(6);
    expect(arena.bytes.length).toBe(8);
    expect(arena.take(50)).toBe(8);
    expect(arena.bytes.length).toBe(64);
    expect([...arena.bytes.subarray(0, 9)]).toEqual([1, 2, 3, 4, 5, 6, 0xa5, 0xa5, 0xa5]);
  });
});
