/** The packet that a tap made of one frame, as nobody has touched it since. */
import type { Run, SkbView } from "../../recipe/Run.js";

/** Undefined for other arrivals, and where a step of the recipe's middle or a tag that was taken out has changed it. */
export function acceptedPacket({ packet, recipe }: Run): SkbView | undefined {
  if (packet.arrival !== "accepted" || packet.gro !== undefined || recipe.middle.length > 0) return undefined;
  return recipe.packet.vlan.length > 0 ? undefined : packet.view;
}

/** Where the checksum starts, counted from the MAC header. */
export const csumStartOf = ({ csumStart, macHeader }: SkbView): number => csumStart - macHeader;
