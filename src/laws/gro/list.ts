/** The laws on receive offload, in the order of the invariants. */
import type { Law } from "../law.js";
import { everyFrameDeliveredOnce } from "./everyFrameDeliveredOnce.js";
import { flowOrderKept } from "./flowOrderKept.js";
import { loneFrameUnchanged } from "./loneFrameUnchanged.js";
import { mergedChecksumReady } from "./mergedChecksumReady.js";
import { mergedCountRight } from "./mergedCountRight.js";
import { mergedFlagsJoined } from "./mergedFlagsJoined.js";
import { mergedFramesAlike } from "./mergedFramesAlike.js";
import { mergedLengthsRight } from "./mergedLengthsRight.js";
import { mergedListShape } from "./mergedListShape.js";
import { mergedOnlyWhenAsked } from "./mergedOnlyWhenAsked.js";
import { mergedPayloadJoins } from "./mergedPayloadJoins.js";
import { mergedSizesEven } from "./mergedSizesEven.js";
import { mergedTypeRight } from "./mergedTypeRight.js";
import { mergedWithinLimits } from "./mergedWithinLimits.js";
import { plainFlowMerged } from "./plainFlowMerged.js";
import { splitGivesBack } from "./splitGivesBack.js";

export const groLaws: readonly Law[] = [
  everyFrameDeliveredOnce,
  loneFrameUnchanged,
  mergedCountRight,
  mergedPayloadJoins,
  mergedSizesEven,
  mergedListShape,
  mergedLengthsRight,
  mergedChecksumReady,
  mergedTypeRight,
  mergedFlagsJoined,
  splitGivesBack,
  flowOrderKept,
  mergedWithinLimits,
  mergedFramesAlike,
  mergedOnlyWhenAsked,
  plainFlowMerged,
];
