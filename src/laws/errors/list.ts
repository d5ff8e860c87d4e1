/** The laws on errors of segmentation, in the order of the specification. */
import type { Law } from "../law.js";
import { dataBackAtMac } from "./dataBackAtMac.js";
import { errnoKnown } from "./errnoKnown.js";
import { genericErrorLeavesPacket } from "./genericErrorLeavesPacket.js";
import { inputSurvivesError } from "./inputSurvivesError.js";
import { listErrorState } from "./listErrorState.js";
import { nothingLeftAfterError } from "./nothingLeftAfterError.js";
import { singleFailureSurvived } from "./singleFailureSurvived.js";
import { wholeLeavesPacket } from "./wholeLeavesPacket.js";

export const errorLaws: readonly Law[] = [
  errnoKnown,
  inputSurvivesError,
  nothingLeftAfterError,
  dataBackAtMac,
  genericErrorLeavesPacket,
  listErrorState,
  wholeLeavesPacket,
  singleFailureSurvived,
];
