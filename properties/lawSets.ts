/** Sets of laws that several properties hold. */
import { accountLaws } from "../src/laws/accounts/list.js";
import { errorLaws } from "../src/laws/errors/list.js";
import { groLaws } from "../src/laws/gro/list.js";
import type { Law } from "../src/laws/law.js";
import { livenessLaws } from "../src/laws/liveness/list.js";
import { pathLaws } from "../src/laws/paths/list.js";
import { segmentLaws } from "../src/laws/segments/list.js";
import { siblingLaws } from "../src/laws/siblings/list.js";
import { wireLaws } from "../src/laws/wire/list.js";

/** Every law that looks at one run alone. */
export const everyLaw: readonly Law[] = [
  ...livenessLaws,
  ...siblingLaws,
  ...segmentLaws,
  ...errorLaws,
  ...accountLaws,
  ...wireLaws,
  ...groLaws,
  ...pathLaws,
];
