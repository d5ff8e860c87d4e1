/** The laws on what reaches the wire or an application, or comes in from outside, in the order of the invariants. */
import type { Law } from "../law.js";
import { acceptedDatagramsBounded } from "./acceptedDatagramsBounded.js";
import { acceptedGsoBounded } from "./acceptedGsoBounded.js";
import { acceptedOrRefused } from "./acceptedOrRefused.js";
import { acceptedSumInside } from "./acceptedSumInside.js";
import { checksumRightOnTheWire } from "./checksumRightOnTheWire.js";
import { datagramsDeliveredOnce } from "./datagramsDeliveredOnce.js";
import { deviceGivenWhatItDeclared } from "./deviceGivenWhatItDeclared.js";
import { framesCarryTheDatagrams } from "./framesCarryTheDatagrams.js";
import { onlyAcceptedAggregates } from "./onlyAcceptedAggregates.js";
import { takesWholeWhatItCan } from "./takesWholeWhatItCan.js";
import { tapAcceptsByTheRules } from "./tapAcceptsByTheRules.js";
import { tunnelChecksumsRightOnTheWire } from "./tunnelChecksumsRightOnTheWire.js";
import { validNeverRefused } from "./validNeverRefused.js";

export const wireLaws: readonly Law[] = [
  framesCarryTheDatagrams,
  checksumRightOnTheWire,
  tunnelChecksumsRightOnTheWire,
  validNeverRefused,
  tapAcceptsByTheRules,
  acceptedGsoBounded,
  acceptedSumInside,
  acceptedDatagramsBounded,
  acceptedOrRefused,
  datagramsDeliveredOnce,
  onlyAcceptedAggregates,
  deviceGivenWhatItDeclared,
  takesWholeWhatItCan,
];
