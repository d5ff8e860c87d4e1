import { describe, expect, test } from "vitest";
import { type Law, law } from "../laws/law.js";
import { schema } from "../recipe/Recipe.js";
import { leastOf } from "../recipe/schema.js";
import { checkLaws } from "./checkRun.js";
import { emptyRun, fakeEngine, lawBrokenIf, violation } from "./testing/fakes.js";

const least = leastOf(schema.packets);
const inTurn = { ...least, cloning: "in-turn" } as const;

const comparing = (name: string, companion: typeof least | undefined): Law =>
  law({
    name,
    law: "The other run has the other recipe.",
    standsFor: [],
    companions: () => (companion === undefined ? undefined : { other: companion }),
    check: (_, { other }) => (other?.recipe.cloning === companion?.cloning ? "holds" : [violation("other")]),
  });

describe("checkLaws", () => {
  test("reports every place of every broken law, once for each signature", () => {
    const twice = law({
      name: "twice",
      law: "Nothing breaks.",
      standsFor: [],
      check: () => [violation("skb#1", "first"), violation("skb#2", "second"), violation("head")],
    });
    const checked = checkLaws(least, fakeEngine(), [twice, lawBrokenIf("always", () => true)]);
    expect(checked.findings.map(({ signature }) => signature)).toEqual([
      "twice@skb#N",
      "twice@head",
      "always@somewhere",
    ]);
    expect(checked.findings[0]).toMatchObject({ place: "skb#1", received: "first" });
    expect(checked.broken).toEqual(["twice", "always"]);
  });

  test("tells laws that hold from laws that do not apply", () => {
    const idle = law({ name: "idle", law: "Idle.", standsFor: [], check: () => "not-applicable" });
    const checked = checkLaws(least, fakeEngine(), [
      idle,
      lawBrokenIf("never", () => false),
      comparing("none", undefined),
    ]);
    expect(checked.applied).toEqual(["never"]);
    expect(checked.findings).toEqual([]);
  });

  test("runs a companion once for two laws that want it, and not at all when it is the recipe itself", () => {
    const engine = fakeEngine();
    const laws = [comparing("one", inTurn), comparing("two", { ...inTurn }), comparing("self", { ...least })];
    const checked = checkLaws(least, engine, laws);
    expect(checked.applied).toEqual(["one", "two", "self"]);
    expect(checked.findings).toEqual([]);
    expect(engine.ran.map(({ cloning }) => cloning)).toEqual(["at-once", "in-turn"]);
  });

  test("asks the engine for a trace only when one is wanted", () => {
    const asked: unknown[] = [];
    const engine = {
      name: "asked",
      kernel: "fake",
      run: (recipe: typeof least, options?: { readonly trace?: boolean }) => {
        asked.push(options?.trace === true);
        return emptyRun(recipe);
      },
    };
    checkLaws(least, engine, []);
    checkLaws(least, engine, [], { trace: true });
    expect(asked).toEqual([false, true]);
  });

  test("names the law or the engine that throws", () => {
    const throwing = law({
      name: "fragile",
      law: "Fragile.",
      standsFor: [],
      check: () => {
        throw new TypeError("x is undefined");
      },
    });
    expect(() => checkLaws(least, fakeEngine(), [throwing])).toThrowError(
      expect.objectContaining({ code: "law-failed", message: expect.stringContaining("law fragile") }),
    );
    const engine = {
      ...fakeEngine(),
      run: () => {
        throw new RangeError("no such page");
      },
    };
    expect(() => checkLaws(least, engine, [])).toThrowError(
      expect.objectContaining({ code: "engine-failed", message: expect.stringContaining("no such page") }),
    );
  });
});
