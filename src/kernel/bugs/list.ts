/** All bugs that can be switched on, in the order in which they stack. */
import type { HistoricalBug } from "../historicalBug.js";
import { bpfGrowFraglist } from "./bpfGrowFraglist.js";
import { bridgeMc2ucFullCopy } from "./bridgeMc2ucFullCopy.js";
import { fragListOfFrags } from "./fragListOfFrags.js";
import { fraglistCsumStartCheck } from "./fraglistCsumStartCheck.js";
import { fraglistDeliveredUnsegmented } from "./fraglistDeliveredUnsegmented.js";
import { fraglistExtLeak } from "./fraglistExtLeak.js";
import { fraglistHeadNotUncloned } from "./fraglistHeadNotUncloned.js";
import { fraglistNat4UdpStale } from "./fraglistNat4UdpStale.js";
import { fraglistNat6UdpStale } from "./fraglistNat6UdpStale.js";
import { fraglistNethdrUnset } from "./fraglistNethdrUnset.js";
import { fraglistNullList } from "./fraglistNullList.js";
import { fraglistPartialPullNoLinearize } from "./fraglistPartialPullNoLinearize.js";
import { fraglistPulledTcp } from "./fraglistPulledTcp.js";
import { fraglistPulledUdp } from "./fraglistPulledUdp.js";
import { fraglistSharedMembers } from "./fraglistSharedMembers.js";
import { fraglistTruesizeAfterUnclone } from "./fraglistTruesizeAfterUnclone.js";
import { fraglistTruesizeSubtract } from "./fraglistTruesizeSubtract.js";
import { fraglistXlatNotDodgy } from "./fraglistXlatNotDodgy.js";
import { greCsumSctp } from "./greCsumSctp.js";
import { groBigtcpCriteria } from "./groBigtcpCriteria.js";
import { groChainOversizeLinear } from "./groChainOversizeLinear.js";
import { groDodgyMerged } from "./groDodgyMerged.js";
import { groFragsEthUaf } from "./groFragsEthUaf.js";
import { groListIgnoresFlush } from "./groListIgnoresFlush.js";
import { groListNestsGso } from "./groListNestsGso.js";
import { groMergeKeepsSk } from "./groMergeKeepsSk.js";
import { groMergeZcopy } from "./groMergeZcopy.js";
import { gsoFeaturesUnpulledIphdr } from "./gsoFeaturesUnpulledIphdr.js";
import { gsoMaxSizeUnchecked } from "./gsoMaxSizeUnchecked.js";
import { ipipGsoRecursion } from "./ipipGsoRecursion.js";
import { ipipNullSegsNetworkHeader } from "./ipipNullSegsNetworkHeader.js";
import { ipv6ExtInner } from "./ipv6ExtInner.js";
import { ipv6GsoMtuUnchecked } from "./ipv6GsoMtuUnchecked.js";
import { ipvsSctpGsoCsum } from "./ipvsSctpGsoCsum.js";
import { mixedHeadAlloc } from "./mixedHeadAlloc.js";
import { mplsZeroHlenLoop } from "./mplsZeroHlenLoop.js";
import { mssOverflowGsoByFrags } from "./mssOverflowGsoByFrags.js";
import { nshOuterRestore } from "./nshOuterRestore.js";
import { nshUnwindMac } from "./nshUnwindMac.js";
import { segmentFragsNotOrphaned } from "./segmentFragsNotOrphaned.js";
import { sharedFragFlagLostOnTransfer } from "./sharedFragFlagLostOnTransfer.js";
import { udpGroFlistCompleteEncap } from "./udpGroFlistCompleteEncap.js";
import { udpGroInnerL3AsOuter } from "./udpGroInnerL3AsOuter.js";
import { udpGroMisdirection } from "./udpGroMisdirection.js";
import { udpGroNoflush } from "./udpGroNoflush.js";
import { udpGroTunnelL4Agg } from "./udpGroTunnelL4Agg.js";
import { udpGroZeroPayload } from "./udpGroZeroPayload.js";
import { udpGsoCsumNoneHw } from "./udpGsoCsumNoneHw.js";
import { udpGsoDodgyFallthrough } from "./udpGsoDodgyFallthrough.js";
import { udpGsoLandsInTunnel } from "./udpGsoLandsInTunnel.js";
import { udpGsoOwnerKept } from "./udpGsoOwnerKept.js";
import { udpRcvPostSegmentCsum } from "./udpRcvPostSegmentCsum.js";
import { udpRcvProtoSign } from "./udpRcvProtoSign.js";
import { udpRcvUfoSegment } from "./udpRcvUfoSegment.js";
import { vnetBadCsumStart } from "./vnetBadCsumStart.js";
import { vnetGsoSizeExceedsLen } from "./vnetGsoSizeExceedsLen.js";
import { vnetMinNetworkHeader } from "./vnetMinNetworkHeader.js";
import { vnetMissingCheckOverstrict } from "./vnetMissingCheckOverstrict.js";
import { vnetSillyGsoRejected } from "./vnetSillyGsoRejected.js";
import { vnetThlenBeyondLinear } from "./vnetThlenBeyondLinear.js";
import { vnetTsoCsumOffsetOverstrict } from "./vnetTsoCsumOffsetOverstrict.js";
import { vnetUfoTransportHeader } from "./vnetUfoTransportHeader.js";
import { vnetUsoUnvalidated } from "./vnetUsoUnvalidated.js";
import { warnBadOffloadOnErr } from "./warnBadOffloadOnErr.js";
import { zcopyStaleFragCursor } from "./zcopyStaleFragCursor.js";

export const bugs: readonly HistoricalBug[] = [
  fraglistHeadNotUncloned,
  fraglistNullList,
  fraglistSharedMembers,
  fraglistExtLeak,
  fraglistTruesizeSubtract,
  fraglistTruesizeAfterUnclone,
  groMergeKeepsSk,
  fraglistPulledUdp,
  fraglistPulledTcp,
  fraglistPartialPullNoLinearize,
  fraglistXlatNotDodgy,
  fraglistNat4UdpStale,
  fraglistNat6UdpStale,
  fraglistNethdrUnset,
  fraglistCsumStartCheck,
  bridgeMc2ucFullCopy,
  fraglistDeliveredUnsegmented,
  groListIgnoresFlush,
  groListNestsGso,
  mssOverflowGsoByFrags,
  mixedHeadAlloc,
  bpfGrowFraglist,
  groChainOversizeLinear,
  zcopyStaleFragCursor,
  segmentFragsNotOrphaned,
  sharedFragFlagLostOnTransfer,
  fragListOfFrags,
  warnBadOffloadOnErr,
  udpGsoDodgyFallthrough,
  udpGsoOwnerKept,
  udpGsoCsumNoneHw,
  ipipNullSegsNetworkHeader,
  ipipGsoRecursion,
  ipv6ExtInner,
  ipv6GsoMtuUnchecked,
  gsoMaxSizeUnchecked,
  nshUnwindMac,
  nshOuterRestore,
  mplsZeroHlenLoop,
  greCsumSctp,
  ipvsSctpGsoCsum,
  gsoFeaturesUnpulledIphdr,
  udpGroZeroPayload,
  udpGroMisdirection,
  udpRcvProtoSign,
  udpRcvPostSegmentCsum,
  udpGroTunnelL4Agg,
  udpGroFlistCompleteEncap,
  udpGroNoflush,
  udpGsoLandsInTunnel,
  udpRcvUfoSegment,
  udpGroInnerL3AsOuter,
  groDodgyMerged,
  groMergeZcopy,
  groBigtcpCriteria,
  groFragsEthUaf,
  vnetThlenBeyondLinear,
  vnetGsoSizeExceedsLen,
  vnetSillyGsoRejected,
  vnetUfoTransportHeader,
  vnetUsoUnvalidated,
  vnetMinNetworkHeader,
  vnetMissingCheckOverstrict,
  vnetBadCsumStart,
  vnetTsoCsumOffsetOverstrict,
];
