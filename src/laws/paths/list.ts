/** The laws on packets that go further than one device: forwarded, translated, put into a tunnel. */
import type { Law } from "../law.js";
import { editsReachEveryFrame } from "./editsReachEveryFrame.js";
import { forwardedFitsMtu } from "./forwardedFitsMtu.js";
import { hopLimitLoweredOnce } from "./hopLimitLoweredOnce.js";
import { spentHopLimitStops } from "./spentHopLimitStops.js";
import { tunnelCarriesTheSame } from "./tunnelCarriesTheSame.js";

export const pathLaws: readonly Law[] = [
  hopLimitLoweredOnce,
  spentHopLimitStops,
  forwardedFitsMtu,
  editsReachEveryFrame,
];

/** Laws that compare with the run of another recipe, and so cost a second run. */
export const pathComparisonLaws: readonly Law[] = [tunnelCarriesTheSame];
