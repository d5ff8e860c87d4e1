/**
 * Whether a packet that receive offload merged leaves a port as the frames that it was made of. Written for the tests
 * alone: it reads frames, compares bytes, and knows neither the model nor the laws.
 */
import { CHECKSUM_PARTIAL, SKB_GSO_FRAGLIST } from "../../src/abi/features.js";
import { csumFold, csumPartial } from "../../src/bytes/checksum.js";
import { getU16 } from "../../src/bytes/view.js";
import type { GroDelivery, GroFrame, GroRun, Run } from "../../src/recipe/Run.js";
import { ipv4HeaderChecksumOk, tcpChecksumState, transportLength, udpChecksumState } from "../../src/wire/frame.js";
import { type FrameLayer, parseLayers } from "../../src/wire/frameLayers.js";
import { IPV4_CHECK, IPV4_ID } from "../../src/wire/ipv4.js";
import { TCP_CHECK } from "../../src/wire/tcp.js";
import { UDP_CHECK } from "../../src/wire/udp.js";

/** What came of some runs, counted. */
export class Tally {
  /** Packets that were merged of several frames and left the port in pieces, and those pieces. */
  merged = 0;
  frames = 0;
  /** Of those packets the lists. */
  lists = 0;
  /** Of those packets the ones longer than sixteen bits can say. */
  huge = 0;
  /** Packets whose IPv4 identifications came out counting up although they had not. */
  renumbered = 0;
  /** Checksums that arrived as a pseudo-header sum and left complete. */
  completed = 0;
  /** Of lists: checksums that arrived as a pseudo-header sum and left so. */
  leftPartial = 0;
  /** Wrong checksums that the driver vouched for and that left right. */
  mended = 0;
  /** Checksums that were asked for although their field did not hold the pseudo-header sum. */
  senseless = 0;
  /** Of lists: outer UDP and GRE checksums that left wrong. */
  outerWrong = 0;
  /**
   * Packets that the kernel dies of or cuts wrong: without scatter-gather it takes the linear part of a chained sk_buff
   * for a segment when it is as long as one, wherever it lies.
   */
  mistaken = 0;
}

/** A difference, found anywhere below. */
class Difference extends Error {}

/**
 * Compares everything that arrived in a run with everything that was delivered and sent, and says what differs first.
 * Expects a run with one holder, whose exit is a port without offloads.
 */
export function compareRun(run: Run, tally: Tally): string | undefined {
  try {
    compareWhole(run, tally);
    return undefined;
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    return error.message;
  }
}

function compareWhole({ faults, packet, holders }: Run, tally: Tally): void {
  if (faults.length > 0 && faults.every(({ kind, id }) => kind === "BUG" && id === "list-frags-short")) {
    tally.mistaken++;
    return;
  }
  for (const { kind, id } of faults) throw new Difference(`${kind}(${id})`);
  const { gro } = packet;
  if (gro === undefined) throw new Difference("the frames did not arrive one by one");
  expectEveryFrameOnce(gro);
  for (const [i, delivery] of gro.delivered.entries()) if (i !== gro.followed) expectWhole(gro, delivery);
  const followed = gro.delivered[gro.followed];
  if (followed === undefined) return;
  const arrived = followed.made.map((i) => gro.frames[i] as GroFrame);
  const sent = (holders[0]?.frames ?? []).map(({ bytes }) => bytes ?? new Uint8Array(0));
  if (sent.length !== arrived.length) throw new Difference(`of ${arrived.length} frames ${sent.length} left`);
  const isMerged = arrived.length > 1;
  const isList = isMerged && (followed.view.shinfo.gsoType & SKB_GSO_FRAGLIST) !== 0;
  if (!isList && sent.some((bytes, i) => isMistaken(followed, arrived[i] as GroFrame, bytes))) {
    tally.mistaken++;
    return;
  }
  compareIds(arrived, sent, tally);
  for (const [i, frame] of arrived.entries()) {
    compareFrame({ frame, sent: sent[i] as Uint8Array, isOfList: isList, where: `frame ${i}`, tally });
  }
  if (!isMerged) return;
  tally.merged++;
  tally.frames += arrived.length;
  if (isList) tally.lists++;
  if (followed.frame.length > 0xffff) tally.huge++;
}

/** The bytes of the linear part of a chained sk_buff, where those of a frame of this length should be. */
function isMistaken({ view }: GroDelivery, { bytes: was }: GroFrame, is: Uint8Array): boolean {
  const payload = payloadOf(was);
  const at = is.length - payload.length;
  return view.shinfo.members.some(({ len, dataLen, bytes }) => {
    const linear = bytes?.subarray(0, len - dataLen);
    if (linear?.length !== payload.length || payload.length === 0) return false;
    return Buffer.compare(linear, is.subarray(at)) === 0 && Buffer.compare(linear, payload) !== 0;
  });
}

const wasTaken = ({ result }: GroFrame): boolean => !/^E[A-Z]+$/.test(result);

/** No frame is missing, none came twice, and within a packet they are in the order in which they arrived. */
function expectEveryFrameOnce({ frames, delivered }: GroRun): void {
  const seen = delivered.flatMap(({ made }) => made).sort((a, b) => a - b);
  const taken = frames.flatMap((frame, i) => (wasTaken(frame) ? [i] : []));
  if (seen.join() !== taken.join()) throw new Difference(`frames ${taken.join()} were taken, ${seen.join()} delivered`);
  for (const { made } of delivered) {
    if (made.some((frame, i) => i > 0 && frame <= (made[i - 1] as number)))
      throw new Difference(`a packet was made of frames in the order ${made.join()}`);
  }
}

/** A frame that was not merged is delivered as it arrived; a packet that was has the payloads of its frames in order. */
function expectWhole({ frames }: GroRun, { made, frame: packet }: GroDelivery): void {
  const arrived = made.map((i) => (frames[i] as GroFrame).bytes);
  if (arrived.length === 1) {
    expectSame(arrived[0] as Uint8Array, packet, `frame ${made[0]} delivered alone`);
    return;
  }
  const layer = parseLayers(packet).at(-1);
  if (layer === undefined) throw new Difference("the headers of a merged packet cannot be read");
  expectSame(Buffer.concat(arrived.map(payloadOf)), packet.subarray(layer.payloadOffset), `payload of ${made.join()}`);
}

function payloadOf(frame: Uint8Array): Uint8Array {
  const layer = parseLayers(frame).at(-1);
  if (layer === undefined) throw new Difference("the headers of a frame cannot be read");
  return frame.subarray(layer.payloadOffset, layer.l4Offset + transportLength(frame, layer));
}

/** Every IPv4 header has the identification that it had, or all at this depth count up from the first one's. */
function compareIds(arrived: readonly GroFrame[], sent: readonly Uint8Array[], tally: Tally): void {
  const before = arrived.map(({ bytes }) => idsOf(bytes));
  const after = sent.map(idsOf);
  let isRenumbered = false;
  for (const [depth, first] of (before[0] ?? []).entries()) {
    const was = before.map((ids) => ids[depth]).join();
    const is = after.map((ids) => ids[depth]).join();
    if (is === was) continue;
    if (is !== before.map((_, i) => (first + i) & 0xffff).join())
      throw new Difference(`identifications ${was} became ${is}`);
    isRenumbered = true;
  }
  if (isRenumbered) tally.renumbered++;
}

const idsOf = (bytes: Uint8Array): number[] =>
  parseLayers(bytes).flatMap(({ version, ipId }) => (version === 4 ? [ipId] : []));

interface Pair {
  readonly frame: GroFrame;
  readonly sent: Uint8Array;
  /** Cut out of a list. */
  readonly isOfList: boolean;
  readonly where: string;
  readonly tally: Tally;
}

/** The same bytes but for what may be written anew; what was written is right. */
function compareFrame(pair: Pair): void {
  const { frame, sent, where } = pair;
  const layers = parseLayers(frame.bytes);
  const now = parseLayers(sent);
  const isPartial = frame.ipSummed === CHECKSUM_PARTIAL;
  expectSame(withoutIdsAndSums(frame.bytes, layers, isPartial), withoutIdsAndSums(sent, layers, isPartial), where);
  for (const [depth, layer] of layers.entries()) {
    const its = now[depth];
    if (its === undefined) throw new Difference(`${where}: headers ${depth} deep cannot be read any more`);
    if (!ipv4HeaderChecksumOk(sent, its)) throw new Difference(`${where}: wrong IPv4 header checksum ${depth} deep`);
    if (layer.carries === undefined) compareTransportSum(pair, layer, its);
    else if (!isOuterSumRight(sent, its)) expectListed(pair);
  }
}

function withoutIdsAndSums(bytes: Uint8Array, layers: readonly FrameLayer[], isPartial: boolean): Uint8Array {
  const rest = bytes.slice();
  const blank = (at: number): void => {
    rest.fill(0, at, at + 2);
  };
  for (const { version, l3Offset, l4Offset, udp, tcp, carries } of layers) {
    if (version === 4) blank(l3Offset + IPV4_ID);
    if (version === 4) blank(l3Offset + IPV4_CHECK);
    if (udp !== undefined && (udp.check !== 0 || (isPartial && carries === undefined))) blank(l4Offset + UDP_CHECK);
    if (tcp !== undefined) blank(l4Offset + TCP_CHECK);
    if (carries?.checksumOffset !== undefined) blank(carries.checksumOffset);
  }
  return rest;
}

function isOuterSumRight(bytes: Uint8Array, layer: FrameLayer): boolean {
  const { udp, carries, l4Offset } = layer;
  if (udp !== undefined) return ["ok", "zero"].includes(udpChecksumState(bytes, layer));
  if (carries?.checksumOffset === undefined) return true;
  return csumFold(csumPartial(bytes, l4Offset, transportLength(bytes, layer), 0)) === 0;
}

/** The kernel writes outer checksums of lists from what it remembers of another cut: recorded of VXLAN on 6.18. */
function expectListed({ isOfList, where, tally }: Pair): void {
  if (!isOfList) throw new Difference(`${where}: wrong outer checksum`);
  tally.outerWrong++;
}

/** A checksum that was right stays as it is; one that was left to the sender is completed. */
function compareTransportSum({ frame, sent, isOfList, where, tally }: Pair, layer: FrameLayer, now: FrameLayer): void {
  const before = sumOf(frame.bytes, layer);
  const after = sumOf(sent, now);
  if (before === undefined || after === undefined) return;
  const isPartial = frame.ipSummed === CHECKSUM_PARTIAL;
  const isSame = before.field === after.field;
  if (isPartial && before.state !== "partial" && before.state !== "ok") tally.senseless++;
  else if (isPartial && after.state === "ok") tally.completed++;
  // Recorded on 6.18: members of a list leave a device without checksum offload as they came.
  else if (isPartial && isOfList && isSame) tally.leftPartial++;
  else if (!isPartial && before.state === "bad" && after.state === "ok") tally.mended++;
  else if (isPartial || !isSame)
    throw new Difference(`${where}: checksum ${before.field} (${before.state}) became ${after.field} (${after.state})`);
}

function sumOf(bytes: Uint8Array, layer: FrameLayer): { readonly field: number; readonly state: string } | undefined {
  const { udp, tcp, l4Offset } = layer;
  if (udp !== undefined) return { field: getU16(bytes, l4Offset + UDP_CHECK), state: udpChecksumState(bytes, layer) };
  return tcp && { field: getU16(bytes, l4Offset + TCP_CHECK), state: tcpChecksumState(bytes, layer) };
}

function expectSame(was: Uint8Array, is: Uint8Array, what: string): void {
  if (Buffer.compare(was, is) === 0) return;
  const at = was.findIndex((byte, i) => byte !== is[i]);
  throw new Difference(`${what}: ${was.length} bytes became ${is.length}, the first other one at ${at}`);
}
