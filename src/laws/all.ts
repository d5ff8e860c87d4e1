/** Every law, by theme. A property names the ones that it holds; these are what `skbcheck laws` lists. */
import { accountLaws } from "./accounts/list.js";
import { errorLaws } from "./errors/list.js";
import { groLaws } from "./gro/list.js";
import type { Law } from "./law.js";
import { livenessLaws } from "./liveness/list.js";
import { pathComparisonLaws, pathLaws } from "./paths/list.js";
import { comparisonLaws, segmentLaws } from "./segments/list.js";
import { siblingLaws } from "./siblings/list.js";
import { wireLaws } from "./wire/list.js";

export const allLaws: readonly Law[] = [
  ...segmentLaws,
  ...siblingLaws,
  ...errorLaws,
  ...accountLaws,
  ...livenessLaws,
  ...wireLaws,
  ...groLaws,
  ...pathLaws,
  ...comparisonLaws,
  ...pathComparisonLaws,
];
