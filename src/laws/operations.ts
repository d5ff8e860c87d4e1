/** What a recipe has done to the packet on its way to a holder's exit, for laws that have to know. */
import type { MiddleRecipe, OperationRecipe } from "../recipe/Recipe.js";
import type { Run } from "../recipe/Run.js";

export type Step = OperationRecipe["do"] | MiddleRecipe["do"];

const REWRITING: readonly Step[] = ["nat-source", "nat-destination", "translate"];

/** Steps after which a packet still has the payload that it came with, in the same pieces. */
const KEEPING: readonly Step[] = [
  "unclone",
  "clone",
  "nat-source",
  "nat-destination",
  "decrement-hop-limit",
  "encapsulate",
];

/** What was done to the packet before anybody got a clone: not every step finds something to do. */
export const middleSteps = ({ recipe, packet }: Run): readonly Step[] =>
  recipe.middle.filter((_, i) => packet.middle[i] === "ok").map((step) => step.do);

/** Everything that was done to the packet a holder had when its exit began, in order. */
export const stepsBefore = (run: Run, holder: number): readonly Step[] => [
  ...middleSteps(run),
  ...(run.recipe.holders[holder]?.before ?? []).map((step) => step.do),
];

/** Whether a middlebox changed addresses or ports in the first header since the packet was made. */
export const isTranslated = (run: Run, holder: number): boolean =>
  stepsBefore(run, holder).some((step) => REWRITING.includes(step));

/** The same, or the packet was made with a first header that differs from the members'. */
export const isRewritten = (run: Run, holder: number): boolean =>
  run.recipe.packet.rewritten !== "nothing" || isTranslated(run, holder);

/** Whether nothing was done on the way that moves payload between pieces or changes gso_size. */
export const keepsPieces = (run: Run): boolean => middleSteps(run).every((step) => KEEPING.includes(step));
