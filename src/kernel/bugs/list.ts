/** All bugs that can be switched on, in the order in which they stack. */
import type { HistoricalBug } from "../historicalBug.js";
import { fraglistExtLeak } from "./fraglistExtLeak.js";
import { fraglistHeadNotUncloned } from "./fraglistHeadNotUncloned.js";
import { fraglistNullList } from "./fraglistNullList.js";
import { fraglistPartialPullNoLinearize } from "./fraglistPartialPullNoLinearize.js";
import { fraglistPulledUdp } from "./fraglistPulledUdp.js";
import { fraglistSharedMembers } from "./fraglistSharedMembers.js";
import { fraglistTruesizeAfterUnclone } from "./fraglistTruesizeAfterUnclone.js";
import { fraglistTruesizeSubtract } from "./fraglistTruesizeSubtract.js";
import { mixedHeadAlloc } from "./mixedHeadAlloc.js";
import { mssOverflowGsoByFrags } from "./mssOverflowGsoByFrags.js";
import { udpGsoCsumNoneHw } from "./udpGsoCsumNoneHw.js";
import { udpGsoDodgyFallthrough } from "./udpGsoDodgyFallthrough.js";
import { udpGsoOwnerKept } from "./udpGsoOwnerKept.js";
import { vnetBadCsumStart } from "./vnetBadCsumStart.js";
import { zcopyStaleFragCursor } from "./zcopyStaleFragCursor.js";

export const bugs: readonly HistoricalBug[] = [
  fraglistHeadNotUncloned,
  fraglistNullList,
  fraglistSharedMembers,
  fraglistExtLeak,
  fraglistTruesizeSubtract,
  fraglistTruesizeAfterUnclone,
  fraglistPulledUdp,
  fraglistPartialPullNoLinearize,
  mssOverflowGsoByFrags,
  zcopyStaleFragCursor,
  mixedHeadAlloc,
  udpGsoOwnerKept,
  udpGsoCsumNoneHw,
  udpGsoDodgyFallthrough,
  vnetBadCsumStart,
];
