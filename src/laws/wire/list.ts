/** The laws on what reaches the wire or an application, in the order of the invariants. */
import type { Law } from "../law.js";
import { checksumRightOnTheWire } from "./checksumRightOnTheWire.js";
import { datagramsDeliveredOnce } from "./datagramsDeliveredOnce.js";
import { deviceGivenWhatItDeclared } from "./deviceGivenWhatItDeclared.js";
import { framesCarryTheDatagrams } from "./framesCarryTheDatagrams.js";
import { takesWholeWhatItCan } from "./takesWholeWhatItCan.js";
import { validNeverRefused } from "./validNeverRefused.js";

export const wireLaws: readonly Law[] = [
  framesCarryTheDatagrams,
  checksumRightOnTheWire,
  validNeverRefused,
  datagramsDeliveredOnce,
  deviceGivenWhatItDeclared,
  takesWholeWhatItCan,
];
