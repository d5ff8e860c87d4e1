/** The laws on liveness with those on memory, in the order of the specification. */
import type { Law } from "../law.js";
import { boundedIterations } from "./boundedIterations.js";
import { neverFaults } from "./neverFaults.js";
import { noOutOfBounds } from "./noOutOfBounds.js";
import { noRace } from "./noRace.js";
import { noSharedWrite } from "./noSharedWrite.js";
import { noUnderflow } from "./noUnderflow.js";
import { noUseAfterFree } from "./noUseAfterFree.js";
import { noWarnings } from "./noWarnings.js";

export const livenessLaws: readonly Law[] = [
  neverFaults,
  boundedIterations,
  noWarnings,
  noUseAfterFree,
  noOutOfBounds,
  noUnderflow,
  noSharedWrite,
  noRace,
];
