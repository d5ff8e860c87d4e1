/** What kind of packet a run was about. A tap makes of a recipe what the kernel lets it make. */

import { SKB_GSO_FRAGLIST, SKB_GSO_UDP, SKB_GSO_UDP_L4 } from "../abi/features.js";
import type { Run } from "../recipe/Run.js";

/** By gso_type; the recipe's word where there was no packet. Part of places, so that one kind's hazard hides no other's. */
export function gsoKind({ packet, recipe }: Run): "fraglist" | "udp-l4" | "ufo" | "none" {
  if (packet.view === undefined) return recipe.packet.gso;
  const { gsoSize, gsoType } = packet.view.shinfo;
  if (gsoSize === 0) return "none";
  if ((gsoType & SKB_GSO_FRAGLIST) !== 0) return "fraglist";
  if ((gsoType & SKB_GSO_UDP_L4) !== 0) return "udp-l4";
  return (gsoType & SKB_GSO_UDP) !== 0 ? "ufo" : "none";
}
