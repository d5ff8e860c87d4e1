/**
 * Packets of every protocol on every way: aggregates laid out as the stack has them, or made by receive offload out of
 * frames; dealt with by middleboxes; sent, forwarded, encapsulated, delivered.
 *
 * As with a flood, the mix leans towards what occurs: frames that continue each other, and now and then one that does not.
 */
import { type PacketRecipe, type Recipe, schema } from "../recipe/Recipe.js";
import type { RecipeSource } from "./draw.js";
import { FLOOD_ODDS, type FloodConstraints, packetsBy } from "./flood.js";
import type { Odds } from "./odds.js";

/** What a property of such packets draws from. Shrinks as a flood does. */
export const journey = (constraints: FloodConstraints = {}): RecipeSource<Recipe> =>
  packetsBy(JOURNEY_ODDS, constraints);

/** Where datagrams arrive one by one and pass receive offload. */
export const ONE_BY_ONE: readonly PacketRecipe["arrival"][] = ["tap-napi", "tap-frags", "gro"];

/** One frame in ten. Identifications repeat more often than anything else differs: it takes a flow of such frames to count. */
const ODD_FRAMES = Object.fromEntries(
  schema.member.fields.odd.names.map((odd) => [odd, odd === "nothing" ? 216 : odd === "id-repeats" ? 5 : 1]),
);

export const JOURNEY_ODDS: Odds = {
  ...FLOOD_ODDS,
  "packet.arrival": { stack: 7, tap: 3, gro: 4, "tap-napi": 1, "tap-frags": 1 },
  "packet.cast": { unicast: 6, multicast: 3, loopback: 1 },
  "packet.gso": { fraglist: 4, "udp-l4": 4, tcp: 5, "tcp-fraglist": 3, sctp: 2, ufo: 1, none: 1 },
  "packet.tunnels": 0.2,
  "packet.tunnels.checksum": 0.5,
  "packet.tunnels.remcsum": 0.3,
  "packet.gro.fraglist": 0.5,
  "packet.gro.udpForwarding": 0.6,
  "packet.gro.listener": { none: 4, plain: 1, gro: 2, established: 1 },
  "packet.gro.big": 0.15,
  "packet.members.odd": ODD_FRAMES,
  "packet.members.flow": 0.1,
  "packet.checksum": { unnecessary: 4, partial: 4, none: 2, complete: 1 },
  "packet.zeroChecksum": 0.06,
  "packet.head.timestamp": 0.25,
  "packet.members": 0.75,
  "packet.vlan": 0.1,
  "packet.extensions": 0.1,
  "packet.optionWords": 0.07,
  middle: 0.25,
  "holders.before": 0.25,
  "holders.exit": { port: 3, local: 2, tap: 2, inspect: 1, route: 2, vxlan: 2, veth: 2, loopback: 2 },
  "holders.device.checksum": { hw: 4, both: 3, none: 2, ipv4: 1, ipv6: 1 },
  "holders.device.fraglist": 0.15,
  "holders.device.udpL4": 0.4,
  "holders.device.ufo": 0.1,
  "holders.device.encapsulation": 0.4,
  "holders.device.gsoPartial": 0.3,
  "holders.device.mtu": 0.2,
};
