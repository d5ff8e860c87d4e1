/** What kind of packet a run was about. A tap makes of a recipe what the kernel lets it make. */

import { SKB_GSO_FRAGLIST, SKB_GSO_SCTP, SKB_GSO_UDP, SKB_GSO_UDP_L4 } from "../abi/features.js";
import type { Recipe } from "../recipe/Recipe.js";
import type { Run } from "../recipe/Run.js";
import { GSO_TCP } from "./gsoLayer.js";
import { parsedLayers } from "./parsedFrame.js";

type BareKind = Recipe["packet"]["gso"];

/** Kinds without a tunnel whose findings were known before there were others. */
const PLAIN: ReadonlySet<string> = new Set<BareKind>(["fraglist", "udp-l4", "ufo", "none"]);

/**
 * By gso_type; the recipe's word where there was no packet. Part of places, so that one kind's hazard hides no other's:
 * `fraglist`, `tcp`, `udp-l4 in a tunnel`.
 *
 * @param holder with it, a tunnel device through which that holder sent it counts
 */
export function gsoKind(run: Run, holder = -1): string {
  const exit = run.recipe.holders[holder]?.exit;
  const tunnels = exit === "vxlan" ? ["vxlan", ...tunnelsOf(run)] : tunnelsOf(run);
  return bareKind(run) + inTunnels(tunnels);
}

/** ` (tcp)`, for places that carry no kind for plain UDP. */
export function kindSuffix(run: Run, holder = -1): string {
  const kind = gsoKind(run, holder);
  return PLAIN.has(kind) ? "" : ` (${kind})`;
}

/** ` (fraglist)` for plain UDP alone: for places that name that kind, of findings that name every other by themselves. */
export function plainKind(run: Run): string {
  const kind = gsoKind(run);
  return PLAIN.has(kind) ? ` (${kind})` : "";
}

/** The same for the kind of one sk_buff, by its type with the tunnels around its transport. */
export function suffixOfType(gsoType: number, tunnels: readonly string[]): string {
  const kind = kindOfType(gsoType) + inTunnels(tunnels);
  return PLAIN.has(kind) ? "" : ` (${kind})`;
}

function bareKind({ packet, recipe }: Run): BareKind {
  if (packet.view === undefined) return recipe.packet.gso;
  const { gsoSize, gsoType } = packet.view.shinfo;
  return gsoSize === 0 ? "none" : kindOfType(gsoType);
}

function kindOfType(gsoType: number): BareKind {
  const isList = (gsoType & SKB_GSO_FRAGLIST) !== 0;
  if ((gsoType & GSO_TCP) !== 0) return isList ? "tcp-fraglist" : "tcp";
  if (isList) return "fraglist";
  if ((gsoType & SKB_GSO_UDP_L4) !== 0) return "udp-l4";
  if ((gsoType & SKB_GSO_SCTP) !== 0) return "sctp";
  return (gsoType & SKB_GSO_UDP) !== 0 ? "ufo" : "none";
}

/**
 * Which tunnels is left out: one hazard in each would be many findings that say the same. A tunnel in a tunnel is another
 * matter: there one handler undoes what another relies on.
 */
const inTunnels = ({ length }: readonly string[]): string =>
  length === 0 ? "" : length === 1 ? " in a tunnel" : " in tunnels";

const tunnelsOf = ({ packet, recipe }: Run): readonly string[] =>
  packet.view === undefined
    ? recipe.packet.tunnels.map(({ kind }) => kind)
    : parsedLayers(packet.frame).flatMap(({ carries }) => carries?.kind ?? []);
