/**
 * Shapes of runs that the generators must reach, each looked for in what really happened and not in the recipe: of packets
 * and what holders do with them. journeyShapes.ts has those of protocols, receive offload and longer ways.
 */
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, MAX_SKB_FRAGS, SKB_GSO_UDP, SKB_GSO_UDP_L4 } from "../../src/abi/features.js";
import type { HolderRun, Run, SegmentationCall, SkbView } from "../../src/recipe/Run.js";
import { errno, inCall, inCut, inHolder, isOfType, outcome, type Shape } from "./shape.js";

const UDP_HEADER = 8;
const ETHERNET_HEADER = 14;

const references = (view: SkbView): number => view.shinfo.dataref & 0xffff;
const headersOf = (view: SkbView): number => view.transportHeader - view.macHeader + UDP_HEADER;
const linearPayload = (view: SkbView): number => view.len - view.dataLen - headersOf(view);
const all = (view: SkbView): readonly SkbView[] => [view, ...view.shinfo.members];

/** A segment that starts behind the head's linear part and has payload in its own: it began as a clone of a member. */
function isMemberCloned({ input, segments, listPath }: SegmentationCall): boolean {
  if (listPath || input.shinfo.members.length === 0 || (input.shinfo.gsoType & SKB_GSO_UDP) !== 0) return false;
  const hasLinear = linearPayload(input);
  let offset = 0;
  for (const segment of segments) {
    if (offset >= hasLinear && linearPayload(segment) > 0 && segment.dataLen > 0) return true;
    offset += segment.len - headersOf(segment);
  }
  return false;
}

/** A segment with a page that no fragment of the input lies in: somebody's linear part, taken as a fragment. */
function hasHeadAsFrag({ input, segments }: SegmentationCall): boolean {
  if (all(input).some(({ shinfo }) => shinfo.destructorArg !== 0)) return false;
  const pages = new Set(all(input).flatMap(({ shinfo }) => shinfo.frags.map(({ page }) => page)));
  return segments.some(({ shinfo }) => shinfo.frags.some(({ page }) => !pages.has(page)));
}

/** The packet came with user memory, and something that left has fragments but no more ties to it. */
function wasOrphaned({ packet, calls, holders }: Run): boolean {
  if (packet.view === undefined || packet.view.shinfo.destructorArg === 0) return false;
  const later = [
    ...calls.flatMap(({ after, segments }) => [after, ...segments]),
    ...holders.flatMap(({ kept, frames, sockets }) => [
      kept,
      ...frames.map(({ view }) => view),
      ...sockets.flatMap(({ datagrams }) => datagrams.map(({ view }) => view)),
    ]),
  ];
  return later.some((view) => view !== undefined && view.shinfo.frags.length > 0 && view.shinfo.destructorArg === 0);
}

const did = (holder: HolderRun, run: Run, what: string): boolean =>
  run.recipe.holders[holder.index]?.before.some((one, i) => one.do === what && holder.operations[i] === "ok") === true;

/** A list that a holder changed with an operation before it was cut. */
const listAfter = (what: string, floor: number): Shape =>
  inCall(`list after a ${what}`, floor, ({ holder, input }, run) => {
    const own = run.holders[holder];
    return own !== undefined && input.shinfo.members.length > 0 && did(own, run, what);
  });

export const shapes: readonly Shape[] = [
  inCut("list path", 500, ({ listPath, segments }) => listPath && segments.length > 1),
  inCut("generic path", 1000, ({ listPath, segments }) => !listPath && segments.length > 1),
  inCut("generic path over a list", 100, ({ listPath, input }) => !listPath && input.shinfo.members.length > 0),
  inCut("member cloned", 10, isMemberCloned),
  inCut("head taken as a fragment", 4, hasHeadAsFrag),
  inCut("partial segmentation", 5, ({ segments }) => segments.some(({ shinfo }) => shinfo.gsoSize > 0)),
  inCut("one segment alone", 1, ({ segments }) => segments.length === 1),
  inCut("more than 64 segments", 20, ({ segments }) => segments.length > 64),
  inCut(
    "UDP_L4 segments, IPv4",
    200,
    (call, run) => isOfType(call, SKB_GSO_UDP_L4) && run.recipe.packet.family === "ipv4",
  ),
  inCut(
    "UDP_L4 segments, IPv6",
    200,
    (call, run) => isOfType(call, SKB_GSO_UDP_L4) && run.recipe.packet.family === "ipv6",
  ),
  inCut("UFO fragments, IPv4", 50, (call, run) => isOfType(call, SKB_GSO_UDP) && run.recipe.packet.family === "ipv4"),
  inCut("UFO fragments, IPv6", 50, (call, run) => isOfType(call, SKB_GSO_UDP) && run.recipe.packet.family === "ipv6"),
  inCut(
    "extension headers",
    100,
    ({ segments }, { recipe: { packet } }) =>
      packet.family === "ipv6" &&
      segments.some((one) => one.transportHeader - one.networkHeader > 40) &&
      packet.gso !== "ufo",
  ),
  inCut(
    "IPv4 options",
    50,
    ({ input }, { recipe: { packet } }) => packet.family === "ipv4" && input.transportHeader - input.networkHeader > 20,
  ),
  inCut("VLAN tags in the frame", 100, ({ input }) => input.networkHeader - input.macHeader > ETHERNET_HEADER),
  inCut("two VLAN tags or more", 10, ({ input }) => input.networkHeader - input.macHeader > ETHERNET_HEADER + 4),
  inCut("accelerated VLAN tag", 50, ({ input }) => input.vlanProto !== 0),
  inCut("checksum partial", 500, ({ input }) => input.ipSummed === CHECKSUM_PARTIAL),
  inCut("checksum none", 50, ({ input }) => input.ipSummed === CHECKSUM_NONE),
  inCut("segments without scatter-gather", 200, ({ segments }) => segments.every(({ dataLen }) => dataLen === 0)),
  inCut("many fragments", 20, ({ input }) => all(input).some(({ shinfo }) => shinfo.frags.length >= MAX_SKB_FRAGS - 1)),
  inCut("more than 16 members", 50, ({ input }) => input.shinfo.members.length > 16),
  inCut("shared members", 50, ({ input }) => input.shinfo.members.some(({ users }) => users > 1)),
  inCut("cloned members", 50, ({ input }) => input.shinfo.members.some((one) => one.cloned && references(one) > 1)),
  inCut("head shared with a clone", 500, ({ input }) => input.cloned && references(input) > 1),
  inCut("payload-only reference", 50, ({ input }) => input.shinfo.dataref >>> 16 > 0),
  inCut("time stamp asked for", 50, ({ input }) => input.shinfo.txFlags !== 0 && input.shinfo.tskey !== 0),
  inCut("charged to a sender", 200, ({ wmemBefore }) => wmemBefore > 0),
  inCut("dst, conntrack and extensions", 50, ({ input }) => input.dst + input.conntrack + input.extensions > 0),
  listAfter("pull", 20),
  listAfter("trim", 20),
  inCall("call finds nothing to do", 10, ({ result }) => result === "whole"),
  errno("EINVAL", 50),
  errno("ENOMEM", 20),
  inCall("allocation fails within a call", 50, ({ injectedFailures }) => injectedFailures > 0),
  inCall("call interrupted", 50, ({ interrupted }) => interrupted),
  inHolder("holder interrupted", 100, ({ interrupted }) => interrupted),
  inHolder("others ran between two steps", 500, ({ disturbances }) => disturbances.length > 0),
  outcome("port", "sent", 1000),
  outcome("port", "dropped", 100),
  outcome("local", "delivered", 1000),
  outcome("local", "dropped", 20),
  outcome("tap", "kept", 200),
  outcome("inspect", "inspected", 200),
  outcome("inspect", "dropped", 20),
  inHolder(
    "clone could not be made",
    10,
    (holder, { packet }) => holder.outcome === "unborn" && packet.arrival !== "refused",
  ),
  inHolder(
    "whole to the device",
    100,
    ({ exit, frames }) => exit === "port" && frames.some(({ view }) => view.shinfo.gsoSize > 0),
  ),
  inHolder("socket takes an aggregate", 100, ({ sockets }) =>
    sockets.some(({ datagrams }) => datagrams.some(({ view }) => view.shinfo.gsoSize > 0)),
  ),
  inHolder(
    "several sockets get it",
    200,
    ({ sockets }) => sockets.filter((one) => one.datagrams.length > 0).length > 1,
  ),
  inHolder("full receive buffer", 50, ({ sockets }) => sockets.some(({ rcvbufErrors }) => rcvbufErrors > 0)),
  inHolder("bad checksum at a socket", 10, ({ sockets }) =>
    sockets.some(({ inErrors, drops }) => inErrors + drops > 0),
  ),
  inHolder("released before the end", 200, ({ index, outcome: how }, { recipe }) => {
    const asked = recipe.holders[index]?.release === true;
    return asked && (how === "sent" || how === "delivered") && index < recipe.holders.length - 1;
  }),
  { name: "zero-copy memory copied", floor: 20, isIn: wasOrphaned },
  { name: "tap accepts", floor: 100, isIn: ({ packet }) => packet.arrival === "accepted" },
  { name: "tap refuses", floor: 20, isIn: ({ packet }) => packet.arrival === "refused" },
];
