/** Engines and laws for tests of the runner: they know no packets, and a law reads only the recipe. */
import { flood } from "../../arbitraries/flood.js";
import type { Engine } from "../../engine/Engine.js";
import { type Law, law, type Violation } from "../../laws/law.js";
import type { Recipe } from "../../recipe/Recipe.js";
import type { Run } from "../../recipe/Run.js";
import { type Property, property } from "../property.js";

const NO_LIVE = { skbs: 0, heads: 0, pageRefs: 0 } as const;

/** The run of a recipe in which nothing happened. */
export const emptyRun = (recipe: Recipe): Run => ({
  engine: "fake",
  kernel: "fake",
  recipe,
  packet: {
    arrival: "stack",
    errno: "",
    view: undefined,
    frame: new Uint8Array(0),
    macLen: 0,
    transportOffset: 0,
    datagrams: [],
    originals: [],
    gro: undefined,
    middle: [],
  },
  holders: [],
  calls: [],
  faults: [],
  memory: [],
  warnings: [],
  accounts: { quiescent: [], final: [], live: NO_LIVE, heldReferences: {}, miscounted: [] },
  allocations: 0,
  touches: [],
  trace: [],
});

export interface CountingEngine extends Engine {
  /** Recipes run so far. */
  readonly ran: Recipe[];
}

export function fakeEngine(): CountingEngine {
  const ran: Recipe[] = [];
  return {
    name: "fake",
    kernel: "fake",
    ran,
    run: (recipe) => {
      ran.push(recipe);
      return emptyRun(recipe);
    },
  };
}

export const violation = (place: string, received = "broken"): Violation => ({
  place,
  expected: "whole",
  received,
  at: { holder: 0 },
});

/** A law that is broken at one place by the recipes that `isBroken` says. */
export const lawBrokenIf = (name: string, isBroken: (recipe: Recipe) => boolean, place = "somewhere"): Law =>
  law({
    name,
    law: `Recipes are not ${name}.`,
    standsFor: [],
    check: ({ recipe }) => (isBroken(recipe) ? [violation(place, `${recipe.packet.members.length} members`)] : "holds"),
  });

/** A property over recipes of all kinds. */
export const drawnProperty = (name: string, says: string, laws: readonly Law[]): Property =>
  property({ name, says, recipes: flood(), laws });
