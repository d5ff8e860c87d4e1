/** The laws about the lists of segments that a segmentation call gives back. */
import type { Law } from "../law.js";
import { byFragsOnePerMember } from "./byFragsOnePerMember.js";
import { chainEnds } from "./chainEnds.js";
import { cloneIndependent } from "./cloneIndependent.js";
import { csumStartAtTransport } from "./csumStartAtTransport.js";
import { deviceEquivalent } from "./deviceEquivalent.js";
import { encapsulationWhileUnfinished } from "./encapsulationWhileUnfinished.js";
import { fragmentIdShared } from "./fragmentIdShared.js";
import { fragmentsContiguous } from "./fragmentsContiguous.js";
import { fragmentsOfPagesDisjoint } from "./fragmentsOfPagesDisjoint.js";
import { fragsWithinLimit } from "./fragsWithinLimit.js";
import { gsoSegsRight } from "./gsoSegsRight.js";
import { headerOffsetsRight } from "./headerOffsetsRight.js";
import { innerOffsetsRight } from "./innerOffsetsRight.js";
import { ipv4ChecksumValid } from "./ipv4ChecksumValid.js";
import { ipv4IdConsecutive } from "./ipv4IdConsecutive.js";
import { ipv4LengthRight } from "./ipv4LengthRight.js";
import { ipv4RestUnchanged } from "./ipv4RestUnchanged.js";
import { ipv6LengthRight } from "./ipv6LengthRight.js";
import { ipv6RestUnchanged } from "./ipv6RestUnchanged.js";
import { lastFoundByPrev } from "./lastFoundByPrev.js";
import { linearWithoutSg } from "./linearWithoutSg.js";
import { listChecksumsKept } from "./listChecksumsKept.js";
import { listKeepsDatagrams } from "./listKeepsDatagrams.js";
import { listKeepsTcpHeaders } from "./listKeepsTcpHeaders.js";
import { listSegmentsPrivate } from "./listSegmentsPrivate.js";
import { macHeaderCopied } from "./macHeaderCopied.js";
import { macLengthPromise } from "./macLengthPromise.js";
import { metadataFromHead } from "./metadataFromHead.js";
import { moreFragmentsButLast } from "./moreFragmentsButLast.js";
import { noFragListLeft } from "./noFragListLeft.js";
import { noGsoLeft } from "./noGsoLeft.js";
import { noPartialWithoutOffload } from "./noPartialWithoutOffload.js";
import { outerChecksumRight } from "./outerChecksumRight.js";
import { outerHeadersAlike } from "./outerHeadersAlike.js";
import { outerLengthRight } from "./outerLengthRight.js";
import { partialSizes } from "./partialSizes.js";
import { pathEquivalent } from "./pathEquivalent.js";
import { payloadPreserved } from "./payloadPreserved.js";
import { sctpCrcRight } from "./sctpCrcRight.js";
import { segmentsDistinct } from "./segmentsDistinct.js";
import { segmentsOwnedOnce } from "./segmentsOwnedOnce.js";
import { segmentsWellFormed } from "./segmentsWellFormed.js";
import { sharedFragFlagFollows } from "./sharedFragFlagFollows.js";
import { sizesEven } from "./sizesEven.js";
import { tcpChecksumComplete } from "./tcpChecksumComplete.js";
import { tcpCwrOnFirst } from "./tcpCwrOnFirst.js";
import { tcpEndFlagsOnLast } from "./tcpEndFlagsOnLast.js";
import { tcpPseudoSumRight } from "./tcpPseudoSumRight.js";
import { tcpRestUnchanged } from "./tcpRestUnchanged.js";
import { tcpSequenceAdvances } from "./tcpSequenceAdvances.js";
import { tcpTimestampOnItsByte } from "./tcpTimestampOnItsByte.js";
import { timestampOnFirst } from "./timestampOnFirst.js";
import { udpChecksumComplete } from "./udpChecksumComplete.js";
import { udpChecksumNeverZero } from "./udpChecksumNeverZero.js";
import { udpLengthRight } from "./udpLengthRight.js";
import { udpPseudoSumRight } from "./udpPseudoSumRight.js";

/** In the order of the specification's rows. */
export const segmentLaws: readonly Law[] = [
  chainEnds,
  lastFoundByPrev,
  segmentsWellFormed,
  segmentsDistinct,
  payloadPreserved,
  sizesEven,
  byFragsOnePerMember,
  partialSizes,
  gsoSegsRight,
  listKeepsDatagrams,
  noGsoLeft,
  noFragListLeft,
  fragsWithinLimit,
  linearWithoutSg,
  macHeaderCopied,
  headerOffsetsRight,
  ipv4ChecksumValid,
  ipv4LengthRight,
  ipv4IdConsecutive,
  ipv4RestUnchanged,
  ipv6LengthRight,
  ipv6RestUnchanged,
  fragmentsContiguous,
  moreFragmentsButLast,
  fragmentIdShared,
  udpLengthRight,
  udpChecksumComplete,
  udpPseudoSumRight,
  csumStartAtTransport,
  udpChecksumNeverZero,
  listChecksumsKept,
  tcpSequenceAdvances,
  tcpEndFlagsOnLast,
  tcpCwrOnFirst,
  tcpRestUnchanged,
  tcpChecksumComplete,
  tcpPseudoSumRight,
  listKeepsTcpHeaders,
  sctpCrcRight,
  noPartialWithoutOffload,
  metadataFromHead,
  segmentsOwnedOnce,
  listSegmentsPrivate,
  fragmentsOfPagesDisjoint,
  outerHeadersAlike,
  outerLengthRight,
  encapsulationWhileUnfinished,
  innerOffsetsRight,
  outerChecksumRight,
  timestampOnFirst,
  tcpTimestampOnItsByte,
  macLengthPromise,
  sharedFragFlagFollows,
];

/** Laws that compare with the run of another recipe, and so cost a second run. */
export const comparisonLaws: readonly Law[] = [cloneIndependent, pathEquivalent, deviceEquivalent];
