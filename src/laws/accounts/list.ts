/** The laws on accounts, in the order of the specification. */
import type { Law } from "../law.js";
import { chargeEqualsTruesize } from "./chargeEqualsTruesize.js";
import { dropsCounted } from "./dropsCounted.js";
import { everySegmentCharged } from "./everySegmentCharged.js";
import { everythingFreed } from "./everythingFreed.js";
import { listChargeUnmoved } from "./listChargeUnmoved.js";
import { ownerWithDestructor } from "./ownerWithDestructor.js";
import { receiveChargeRight } from "./receiveChargeRight.js";
import { referencesReturned } from "./referencesReturned.js";
import { socketReleased } from "./socketReleased.js";
import { tcpSegmentsCharged } from "./tcpSegmentsCharged.js";
import { truesizeCoversData } from "./truesizeCoversData.js";
import { truesizeNeverWraps } from "./truesizeNeverWraps.js";

export const accountLaws: readonly Law[] = [
  chargeEqualsTruesize,
  everySegmentCharged,
  tcpSegmentsCharged,
  listChargeUnmoved,
  truesizeCoversData,
  truesizeNeverWraps,
  receiveChargeRight,
  dropsCounted,
  referencesReturned,
  everythingFreed,
  socketReleased,
  ownerWithDestructor,
];
