/** Shapes of runs with other protocols than UDP, with tunnels, receive offload, middleboxes and longer ways out. */
import {
  GSO_BY_FRAGS,
  SKB_GSO_FRAGLIST,
  SKB_GSO_GRE_CSUM,
  SKB_GSO_SCTP,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCP_FIXEDID,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_TUNNEL_REMCSUM,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../src/abi/features.js";
import type { MiddleRecipe } from "../../src/recipe/Recipe.js";
import type { FrameOut, GroDelivery, GroRun, HolderRun, Run, SegmentationCall, SkbView } from "../../src/recipe/Run.js";
import { type FrameLayer, parseLayers, type TunnelKind } from "../../src/wire/frameLayers.js";
import { HOP_JUMBO_HLEN, IPV6_TLV_JUMBO } from "../../src/wire/ipv6Ext.js";
import { inCut, inHolder, isOfType, outcome, type Shape } from "./shape.js";
import { layersOf, protocolOf } from "./territory.js";

const TCP = SKB_GSO_TCPV4 | SKB_GSO_TCPV6;
/** What 16 bits cannot say, from the link header on. */
const HUGE = 0x10000;
/** What receive offload never adds to. */
const MOST_DATAGRAMS = 64;
const ETHERNET_HEADER = 14;
/** Headroom that drivers leave: a fragment that begins behind it was a linear part. @kernel NET_SKB_PAD */
const HEADROOM = 64;

const typeOf = (view: SkbView): number => (view.shinfo.gsoSize > 0 ? view.shinfo.gsoType : 0);
const isList = (view: SkbView): boolean => (typeOf(view) & SKB_GSO_FRAGLIST) !== 0;
const tunnelsOf = (view: SkbView): TunnelKind[] => layersOf(view).flatMap(({ carries }) => carries?.kind ?? []);
const isCut = ({ segments }: SegmentationCall): boolean => segments.length > 1;

/** A cut of TCP, as a list or not. */
const tcpCut = (name: string, floor: number, bit: number, asList: boolean): Shape =>
  inCut(name, floor, (call) => isOfType(call, bit) && isCut(call) && call.listPath === asList);
const cutOfType = (name: string, floor: number, bits: number): Shape =>
  inCut(name, floor, (call) => isOfType(call, bits) && isCut(call));
const cutInside = (kind: TunnelKind, floor: number): Shape =>
  inCut(`cut inside ${kind}`, floor, (call) => isCut(call) && tunnelsOf(call.input).includes(kind));
const cutInIp = (name: string, floor: number, outer: number, inner: number): Shape =>
  inCut(name, floor, (call) => {
    const layers = layersOf(call.input);
    return isCut(call) && layers.some((layer, i) => isIp(layer, outer) && layers[i + 1]?.version === inner);
  });
const isIp = ({ version, carries }: FrameLayer, wanted: number): boolean =>
  version === wanted && carries?.kind === "ip";

function hasJumboHeader({ linear, networkHeader, macHeader }: SkbView): boolean {
  const next = networkHeader - macHeader + 6;
  return linear[next] === 0 && linear[next + 34 + 2] === IPV6_TLV_JUMBO;
}

/** A packet that receive offload made of several frames. */
const inMerge = (name: string, floor: number, isIn: (packet: GroDelivery, gro: GroRun) => boolean): Shape => ({
  name,
  floor,
  isIn: ({ packet: { gro } }) => gro?.delivered.some((one) => one.made.length > 1 && isIn(one, gro)) ?? false,
});
const merged = (name: string, floor: number, bits: number, asList: boolean): Shape =>
  inMerge(name, floor, ({ view }) => (typeOf(view) & bits) !== 0 && isList(view) === asList);
const inBatch = (name: string, floor: number, isIn: (gro: GroRun) => boolean): Shape => ({
  name,
  floor,
  isIn: ({ packet: { gro } }) => gro !== undefined && isIn(gro),
});

/** How many fragments were linear parts, and how many frames gave their data away and not themselves. */
const stolenHeads = ({ view }: GroDelivery): number =>
  [view, ...view.shinfo.members].flatMap(({ shinfo }) => shinfo.frags).filter(({ offset }) => offset >= HEADROOM)
    .length;
const emptied = ({ made }: GroDelivery, { frames }: GroRun): number =>
  made.slice(1).filter((i) => frames[i]?.result === "merged_free").length;

const isClassicChain = ({ view }: GroDelivery): boolean => view.shinfo.members.length > 0 && !isList(view);

/** A step in the middle that changed the packet which a holder then left with. */
const afterMiddle = (name: string, floor: number, step: MiddleRecipe["do"], isIn: (view: SkbView) => boolean): Shape =>
  inHolder(name, floor, ({ entered }, { packet, recipe }) => {
    return (
      entered !== undefined &&
      isIn(entered) &&
      packet.middle.some((r, i) => r === "ok" && recipe.middle[i]?.do === step)
    );
  });

const leaves = (
  name: string,
  floor: number,
  exit: HolderRun["exit"],
  isIn: (one: HolderRun, run: Run) => boolean,
): Shape => inHolder(name, floor, (holder, run) => holder.exit === exit && isIn(holder, run));
const callsOf = ({ index }: HolderRun, { calls }: Run): SegmentationCall[] =>
  calls.filter(({ holder, result }) => holder === index && result === "list");
const isWhole = ({ view }: FrameOut, bits: number): boolean => (typeOf(view) & bits) !== 0;
const isFragment = ({ bytes }: FrameOut, version: number): boolean =>
  bytes !== undefined && parseLayers(bytes).some((layer) => layer.version === version && layer.fragment !== undefined);
const entersAs = ({ entered }: HolderRun, protocol: ReturnType<typeof protocolOf>): boolean =>
  entered !== undefined && protocolOf(entered) === protocol;

export const journeyShapes: readonly Shape[] = [
  tcpCut("TCP segments, IPv4", 160, SKB_GSO_TCPV4, false),
  tcpCut("TCP segments, IPv6", 165, SKB_GSO_TCPV6, false),
  tcpCut("TCP list path, IPv4", 86, SKB_GSO_TCPV4, true),
  tcpCut("TCP list path, IPv6", 84, SKB_GSO_TCPV6, true),
  inCut("TCP list cut as bytes", 47, (call) => isOfType(call, TCP) && isList(call.input) && !call.listPath),
  cutOfType("TCP with CWR", 29, SKB_GSO_TCP_ECN),
  cutOfType("TCP with one identification", 1, SKB_GSO_TCP_FIXEDID),
  inCut("BIG TCP, IPv4", 1, (call) => isOfType(call, SKB_GSO_TCPV4) && call.input.len > HUGE),
  inCut("BIG TCP, IPv6", 1, (call) => isOfType(call, SKB_GSO_TCPV6) && call.input.len > HUGE),
  inCut("jumbo header taken out", 1, (call) => call.input.len > HUGE + HOP_JUMBO_HLEN && hasJumboHeader(call.input)),
  inCut(
    "SCTP cut by its list",
    130,
    (call) => isOfType(call, SKB_GSO_SCTP) && call.input.shinfo.gsoSize === GSO_BY_FRAGS,
  ),

  cutInside("vxlan", 95),
  cutInside("gre", 43),
  cutInside("gre-ip", 43),
  cutInside("ip", 85),
  cutInside("mpls", 19),
  cutInside("nsh", 14),
  cutInIp("IPv4 in IPv4", 28, 4, 4),
  cutInIp("IPv6 in IPv4", 31, 4, 6),
  cutInIp("IPv4 in IPv6", 13, 6, 4),
  cutInIp("IPv6 in IPv6", 12, 6, 6),
  inCut("IP in IP in IP", 1, (call) => tunnelsOf(call.input).filter((kind) => kind === "ip").length > 1),
  inCut("IP inside another tunnel", 2, (call) => {
    const kinds = tunnelsOf(call.input);
    return kinds.includes("ip") && kinds.some((kind) => kind !== "ip");
  }),
  cutOfType("outer UDP checksum", 72, SKB_GSO_UDP_TUNNEL_CSUM),
  cutOfType("GRE checksum", 44, SKB_GSO_GRE_CSUM),
  cutOfType("remote checksum", 2, SKB_GSO_TUNNEL_REMCSUM),
  inCut("partial segmentation in a tunnel", 1, ({ input, segments }) => {
    return tunnelsOf(input).length > 0 && segments.some(({ shinfo }) => shinfo.gsoSize > 0);
  }),
  inCut("list path in a tunnel", 58, (call) => call.listPath && tunnelsOf(call.input).length > 0),
  inCut("SCTP in a tunnel", 36, (call) => isOfType(call, SKB_GSO_SCTP) && tunnelsOf(call.input).length > 0),

  merged("UDP frames merged", 150, SKB_GSO_UDP_L4, false),
  merged("UDP frames made a list", 97, SKB_GSO_UDP_L4, true),
  merged("TCP frames merged", 92, TCP, false),
  merged("TCP frames made a list", 74, TCP, true),
  inMerge("merge: heads stolen", 131, (one) => stolenHeads(one) > 0),
  inMerge("merge: fragments moved", 69, (one, gro) => emptied(one, gro) > stolenHeads(one)),
  inMerge("merge: sk_buffs chained", 140, isClassicChain),
  inMerge("merge: fragments moved to a chained sk_buff", 72, (one) => {
    return isClassicChain(one) && one.made.length > one.view.shinfo.members.length + 1;
  }),
  inMerge("as many datagrams as may be", 1, ({ made }) => made.length === MOST_DATAGRAMS),
  inMerge("TCP frames merged beyond 64 KiB", 1.0, ({ frame }) => frame.length > HUGE),
  inMerge("merged in vxlan", 23, ({ view }) => tunnelsOf(view).includes("vxlan")),
  inMerge("merged in GRE", 43, ({ view }) => tunnelsOf(view).some((kind) => kind === "gre" || kind === "gre-ip")),
  inMerge("merged in an IP tunnel", 22, ({ view }) => tunnelsOf(view).includes("ip")),
  inMerge("merged behind tags", 39, ({ view }) => (layersOf(view)[0]?.macLen ?? 0) > ETHERNET_HEADER),
  inBatch("a frame left alone among merged ones", 101, ({ delivered }) => {
    return delivered.some(({ made }) => made.length > 1) && delivered.some(({ made }) => made.length === 1);
  }),
  inBatch(
    "several packets merged at once",
    36,
    ({ delivered }) => delivered.filter(({ made }) => made.length > 1).length > 1,
  ),
  inBatch("a frame overtakes earlier ones", 35, ({ delivered }) => {
    return delivered.some(({ made }, i) => i > 0 && (made[0] ?? 0) < (delivered[i - 1]?.made[0] ?? 0));
  }),
  inBatch("a tap refuses a frame", 4, ({ frames }) => frames.some(({ result }) => result.startsWith("E"))),

  afterMiddle("addresses of a list translated", 10, "nat-destination", isList),
  afterMiddle("sources of a list translated", 11, "nat-source", isList),
  afterMiddle("family of a list translated", 8, "translate", isList),
  afterMiddle("family of TCP translated", 3, "translate", (view) => protocolOf(view) === "tcp aggregate"),
  afterMiddle("family of UDP translated", 3, "translate", (view) => protocolOf(view) === "udp aggregate"),
  afterMiddle("room made in an aggregate", 6, "adjust-room", (view) => typeOf(view) !== 0),
  afterMiddle("room made, segments as long as before", 18, "adjust-room-fixed", (view) => typeOf(view) !== 0),
  afterMiddle("aggregate encapsulated", 21, "encapsulate", (view) => typeOf(view) !== 0),
  afterMiddle("list pulled in the middle", 13, "pull", isList),
  afterMiddle("clone kept in the middle", 44, "clone", () => true),

  outcome("route", "sent", 273),
  outcome("route", "dropped", 87),
  leaves("forwarded in IPv4 fragments", 4, "route", ({ frames }) => frames.some((one) => isFragment(one, 4))),
  leaves("cut, then fragmented", 3, "route", (one, run) => {
    return callsOf(one, run).some(isCut) && one.frames.some((frame) => isFragment(frame, 4));
  }),
  leaves("packet too big", 4, "route", ({ dropReason }) => dropReason === "PKT_TOO_BIG"),
  leaves("hop limit used up", 7, "route", ({ dropReason }) => dropReason === "IP_INHDR"),
  leaves(
    "list forwarded",
    53,
    "route",
    (one) => one.outcome === "sent" && one.entered !== undefined && isList(one.entered),
  ),
  outcome("vxlan", "sent", 146),
  leaves("VXLAN around a UDP list", 14, "vxlan", (one) => one.outcome === "sent" && entersAs(one, "udp list")),
  leaves("VXLAN around a TCP list", 13, "vxlan", (one) => one.outcome === "sent" && entersAs(one, "tcp list")),
  leaves("VXLAN around TCP", 29, "vxlan", (one) => one.outcome === "sent" && entersAs(one, "tcp aggregate")),
  leaves("VXLAN around SCTP", 8, "vxlan", (one) => one.outcome === "sent" && entersAs(one, "sctp bundle")),
  leaves("VXLAN over IPv6", 67, "vxlan", ({ frames }) => frames.some(({ view }) => layersOf(view)[0]?.version === 6)),
  leaves("VXLAN packet cut inside", 87, "vxlan", (one, run) => callsOf(one, run).some(isCut)),
  outcome("veth", "sent", 136),
  leaves("cut, merged, cut again", 52, "veth", (one, run) => callsOf(one, run).filter(isCut).length > 1),
  leaves("cut, merged, left whole", 2, "veth", (one, run) => {
    return callsOf(one, run).some(isCut) && one.frames.some((frame) => isWhole(frame, -1));
  }),
  outcome("loopback", "delivered", 82),
  outcome("loopback", "dropped", 31),
  leaves("group that the host itself hears", 26, "loopback", (one, { recipe }) => {
    return one.outcome === "delivered" && recipe.packet.cast === "multicast";
  }),
  leaves("cut on the way to this host", 37, "loopback", (one, run) => callsOf(one, run).some(isCut)),
  leaves("TCP whole to the device", 19, "port", ({ frames }) => frames.some((frame) => isWhole(frame, TCP))),
  leaves("SCTP whole to the device", 3, "port", ({ frames }) => frames.some((frame) => isWhole(frame, SKB_GSO_SCTP))),
  leaves("tunnel packet whole to the device", 4, "port", ({ frames }) => {
    return frames.some(({ view }) => typeOf(view) !== 0 && tunnelsOf(view).length > 0);
  }),
];
