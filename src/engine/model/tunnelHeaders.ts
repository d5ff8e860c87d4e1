/** Encapsulations around a packet: where their headers stand, and what stands in them. */
import { CSUM_MANGLED_0, csumAdd, csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { getU16, putU16 } from "../../bytes/view.js";
import type { TunnelRecipe } from "../../recipe/Recipe.js";
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ETH_P_MPLS_UC, ETH_P_TEB, emitEthernet } from "../../wire/ethernet.js";
import { emitGre, GRE_BASE_HLEN, GRE_CHECK, IPPROTO_GRE } from "../../wire/gre.js";
import { IPPROTO_IPIP, IPPROTO_IPV6 } from "../../wire/ipTunnel.js";
import { emitIpv4, IP_DF, IPV4_DADDR, IPV4_HLEN, IPV4_SADDR, ipv4NoopOptions } from "../../wire/ipv4.js";
import { emitIpv6, IPV6_DADDR, IPV6_HLEN, IPV6_SADDR } from "../../wire/ipv6.js";
import { emitMpls, MPLS_HLEN } from "../../wire/mpls.js";
import { ETH_P_NSH, emitNsh, NSH_BASE_HDR_LEN, TUN_P_ETHERNET } from "../../wire/nsh.js";
import { emitUdp, IPPROTO_UDP, UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { askForVxlanRco, emitVxlan, VXLAN_HLEN, VXLAN_MAX_REMCSUM_START, VXLAN_PORT } from "../../wire/vxlan.js";
import { innerMacOf, TUNNEL_ADDRESSES, VXLAN_SOURCE_PORT } from "./addresses.js";
import type { PacketPlan } from "./packetPlan.js";

/** One encapsulation; labels in a row are one. Offsets count from the link header of the whole packet. */
export interface TunnelPlan {
  readonly kind: TunnelRecipe["kind"];
  readonly family: TunnelRecipe["family"];
  readonly checksum: boolean;
  /** Labels of an MPLS stack. */
  readonly labels: number;
  /** Its first header: the outer IP header, the first label, the service header. */
  readonly at: number;
  /** The UDP or GRE header; what is inside, where there is none. */
  readonly transportAt: number;
  /** What is inside: the inner link header, where it has one. */
  readonly innerMac: number;
  /** The network header of what is inside. */
  readonly inner: number;
}

const NO_TUNNELS: readonly TunnelPlan[] = [];

/** Lays the headers of all tunnels out behind the link header. */
export function planTunnels(recipes: readonly TunnelRecipe[], macLen: number): readonly TunnelPlan[] {
  if (recipes.length === 0) return NO_TUNNELS;
  const plans: TunnelPlan[] = [];
  let at = macLen;
  for (const recipe of recipes) {
    const last = plans.at(-1);
    const stacked = recipe.kind === "mpls" && last?.kind === "mpls" ? plans.pop() : undefined;
    const plan = planTunnel(recipe, stacked?.at ?? at, (stacked?.labels ?? 0) + 1);
    plans.push(plan);
    at = plan.inner;
  }
  return plans;
}

function planTunnel({ kind, family, checksum }: TunnelRecipe, at: number, labels: number): TunnelPlan {
  const ipEnd = at + (family === "ipv6" ? IPV6_HLEN : IPV4_HLEN);
  const greEnd = ipEnd + GRE_BASE_HLEN + (checksum ? 4 : 0);
  const own = { kind, family, checksum, labels, at };
  switch (kind) {
    case "vxlan":
      return withFrame({ ...own, transportAt: ipEnd }, ipEnd + UDP_HLEN + VXLAN_HLEN);
    case "gre":
      return withFrame({ ...own, transportAt: ipEnd }, greEnd);
    case "gre-ip":
      return { ...own, transportAt: ipEnd, innerMac: greEnd, inner: greEnd };
    case "ip":
      return { ...own, transportAt: ipEnd, innerMac: ipEnd, inner: ipEnd };
    case "mpls": {
      const end = at + labels * MPLS_HLEN;
      return { ...own, transportAt: end, innerMac: end, inner: end };
    }
    case "nsh": {
      const end = at + NSH_BASE_HDR_LEN;
      return withFrame({ ...own, transportAt: end }, end);
    }
  }
}

const withFrame = (own: Omit<TunnelPlan, "innerMac" | "inner">, innerMac: number): TunnelPlan => ({
  ...own,
  innerMac,
  inner: innerMac + ETH_HLEN,
});

/** The outermost tunnel that makes an inner packet of what it carries; labels and service headers do not. */
export const encapsulationOf = (tunnels: readonly TunnelPlan[]): TunnelPlan | undefined =>
  tunnels.find(({ kind }) => kind !== "mpls" && kind !== "nsh");

/** Whether VXLAN can say in one byte where the inner checksum starts. @kernel vxlan_build_skb drivers/net/vxlan */
export function remcsumFits(
  recipes: readonly TunnelRecipe[],
  plans: readonly TunnelPlan[],
  csumStart: number,
): boolean {
  const vxlan = plans.find(({ kind }) => kind === "vxlan");
  const isWanted = recipes.some(({ kind, remcsum }) => kind === "vxlan" && remcsum);
  return vxlan !== undefined && isWanted && csumStart - vxlan.innerMac <= VXLAN_MAX_REMCSUM_START;
}

/** The EtherType of the n-th tunnel's own first header; of the packet itself behind the last. */
export function etherTypeAt(plan: PacketPlan, n: number): number {
  const tunnel = plan.tunnels[n];
  if (tunnel?.kind === "mpls") return ETH_P_MPLS_UC;
  if (tunnel?.kind === "nsh") return ETH_P_NSH;
  return (tunnel?.family ?? plan.recipe.family) === "ipv6" ? ETH_P_IPV6 : ETH_P_IP;
}

/**
 * How outer checksums stand in a frame: over an aggregate that is still to be cut, UDP has the pseudo-header sum and GRE
 * nothing; over a packet whose inner checksum is still to be completed, they already fit the completed one; or they fit
 * the bytes as they are.
 *
 * @kernel udp_set_csum, gre_build_header, lco_csum v6.12
 */
export type OuterChecksums = "uncut" | "for-completed" | "as-is";

/** What the outer headers go around. */
export interface Enclosed {
  readonly plan: PacketPlan;
  /** All headers of the frame, the innermost ones filled in; it ends where the payload begins. */
  readonly out: Uint8Array;
  /** The frame's stretch of the payload. */
  readonly at: number;
  readonly length: number;
  /** How many packets went in front of it. */
  readonly index: number;
  readonly checksums: OuterChecksums;
}

const VNI = 42;
const TUNNEL_TTL = 64;
const NSH_TTL = 63;
const NSH_PATH = 0x0000_01ff;
const FIRST_LABEL = 100;
/** So that identifications of different levels are told apart. */
const ID_STEP = 0x1000;

/** Writes the headers of all tunnels, inner ones first: outer checksums count them. */
export function emitTunnels(enclosed: Enclosed): void {
  for (let n = enclosed.plan.tunnels.length - 1; n >= 0; n--) emitTunnel(enclosed, n);
}

function emitTunnel(enclosed: Enclosed, n: number): void {
  const { plan, out } = enclosed;
  const tunnel = plan.tunnels[n] as TunnelPlan;
  const { kind, at, innerMac, inner } = tunnel;
  if (inner > innerMac) emitEthernet(out, innerMac, { ...innerMacOf(plan.recipe), proto: etherTypeAt(plan, n + 1) });
  switch (kind) {
    case "mpls":
      emitMpls(
        out,
        at,
        Array.from({ length: tunnel.labels }, (_, i) => labelAt(i)),
      );
      return;
    case "nsh":
      emitNsh(out, at, { ttl: NSH_TTL, nextProto: TUN_P_ETHERNET, path: NSH_PATH, contextWords: 0 });
      return;
    case "ip":
      emitOuterIp(enclosed, n, etherTypeAt(plan, n + 1) === ETH_P_IPV6 ? IPPROTO_IPV6 : IPPROTO_IPIP);
      return;
    case "vxlan":
      emitOuterIp(enclosed, n, IPPROTO_UDP);
      emitOuterUdp(enclosed, tunnel);
      return;
    default:
      emitOuterIp(enclosed, n, IPPROTO_GRE);
      emitOuterGre(enclosed, tunnel, kind === "gre" ? ETH_P_TEB : etherTypeAt(plan, n + 1));
  }
}

const labelAt = (i: number) => ({ label: FIRST_LABEL + i, trafficClass: 0, ttl: TUNNEL_TTL });

function emitOuterIp({ plan, out, length, index }: Enclosed, n: number, protocol: number): void {
  const { at, family } = plan.tunnels[n] as TunnelPlan;
  const { recipe } = plan;
  const { source: saddr, host: daddr } = TUNNEL_ADDRESSES[family];
  const tos = outerTos(recipe.trafficClass);
  const len = out.length - at + length;
  if (family === "ipv6") {
    const payloadLen = len - IPV6_HLEN;
    const nexthdr = protocol;
    emitIpv6(out, at, { trafficClass: tos, flowLabel: 0, payloadLen, nexthdr, hopLimit: TUNNEL_TTL, saddr, daddr });
    return;
  }
  const id = (recipe.ipId + (n + 1) * ID_STEP + index) & 0xffff;
  const fragOff = recipe.dontFragment ? IP_DF : 0;
  const options = ipv4NoopOptions(0);
  emitIpv4(out, at, { tos, totLen: len, id, fragOff, ttl: TUNNEL_TTL, protocol, saddr, daddr, options });
}

/** Congestion marks show outside, but one that was set on the way is not doubled. @kernel INET_ECN_encapsulate */
const outerTos = (tos: number): number => ((tos & 3) === 3 ? 2 : tos & 3);

function emitOuterUdp(enclosed: Enclosed, { family, checksum, at, transportAt, innerMac }: TunnelPlan): void {
  const { plan, out, length } = enclosed;
  const vxlanAt = transportAt + UDP_HLEN;
  const len = out.length - transportAt + length;
  emitUdp(out, transportAt, { source: VXLAN_SOURCE_PORT, dest: VXLAN_PORT, len, check: 0 });
  emitVxlan(out, vxlanAt, VNI);
  if (plan.remcsum) askForVxlanRco(out, vxlanAt, plan.transportOffset - innerMac, plan.transport.name === "udp");
  if (!checksum) return;
  const pseudo =
    family === "ipv6"
      ? pseudoSumV6(out, at + IPV6_SADDR, at + IPV6_DADDR, len, IPPROTO_UDP, 0)
      : pseudoSumV4(out, at + IPV4_SADDR, at + IPV4_DADDR, len, IPPROTO_UDP, 0);
  const isUncut = enclosed.checksums === "uncut";
  const check = isUncut ? ~csumFold(pseudo) & 0xffff : csumFold(sumFrom(enclosed, transportAt, pseudo));
  putU16(out, transportAt + UDP_CHECK, isUncut ? check : check || CSUM_MANGLED_0);
}

function emitOuterGre(enclosed: Enclosed, { checksum, transportAt }: TunnelPlan, proto: number): void {
  emitGre(enclosed.out, transportAt, checksum ? { proto, check: 0 } : { proto });
  if (!checksum || enclosed.checksums === "uncut") return;
  putU16(enclosed.out, transportAt + GRE_CHECK, csumFold(sumFrom(enclosed, transportAt, 0)));
}

/** The sum of everything from `from` on, as it is or as it will be when the inner checksum is complete. */
function sumFrom({ plan, out, at, length, checksums }: Enclosed, from: number, init: number): number {
  if (checksums === "for-completed") {
    // A packet whose checksum is complete sums up, from its start on, to the complement of what the field holds now.
    const field = getU16(out, plan.transportOffset + plan.transport.checkOffset);
    return csumPartial(out, from, plan.transportOffset - from, csumAdd(init, ~field));
  }
  return csumPartial(plan.payload, at, length, csumPartial(out, from, out.length - from, init));
}
