/**
 * Aggregates handed to several holders, as a multicast flood does.
 *
 * The mix leans towards what GRO and local senders really make: a fuzzer that mostly makes packets that are refused at
 * once finds nothing. Everything else in the declared space still occurs.
 */
import type { HolderRecipe, PacketRecipe, Recipe } from "../recipe/Recipe.js";
import { schema } from "../recipe/Recipe.js";
import type { Field } from "../recipe/schema.js";
import type { RecipeSource } from "./draw.js";
import { arbitraryOf } from "./fromSchema.js";
import { type Narrowing, narrow } from "./narrow.js";
import { checkOdds, type Odds, oddsWithin } from "./odds.js";

/** How many, both ends included. */
export interface Span {
  readonly min?: number;
  readonly max?: number;
}

export interface FloodConstraints {
  /** sk_buffs on the frag_list. @defaultValue 0 to 64, mostly up to 4 */
  readonly members?: Span;
  /** Holders, the original's included. @defaultValue 1 to 6, mostly up to 3 */
  readonly holders?: Span;
  /** Kinds of GSO packet. @defaultValue all */
  readonly gso?: readonly PacketRecipe["gso"][];
  /** Network layers. @defaultValue both */
  readonly family?: PacketRecipe["family"] | readonly PacketRecipe["family"][];
  /** How the packet came. @defaultValue from the stack in nine of ten, else through a tap whole */
  readonly arrival?: PacketRecipe["arrival"] | readonly PacketRecipe["arrival"][];
  /** What holders finally do. @defaultValue all */
  readonly exits?: readonly HolderRecipe["exit"][];
  /** The most switches in a recipe. @defaultValue 3, with none at all in two recipes of three */
  readonly switches?: number;
  /** The most allocations that fail. @defaultValue 2, with none at all in nine recipes of ten */
  readonly failures?: number;
  /** Any other field, by dotted path into the declaration of a recipe (narrow.ts). @defaultValue none */
  readonly fields?: Readonly<Record<string, Narrowing | Field>>;
  /** Odds that replace the usual ones, by dotted path (odds.ts). @defaultValue none */
  readonly odds?: Odds;
}

/** What a property of such packets draws from. Shrinks towards one holder at a port and no members. */
export const flood = (constraints: FloodConstraints = {}): RecipeSource<Recipe> => packetsBy(FLOOD_ODDS, constraints);

/** Packets drawn by a table of odds, which those of the constraints replace one by one. */
export function packetsBy(usual: Odds, constraints: FloodConstraints): RecipeSource<Recipe> {
  const narrowed = narrow(schema.packets, { ...USUAL_LENGTHS, ...narrowingsOf(constraints), ...constraints.fields });
  const odds = { ...usual, ...constraints.odds };
  checkOdds(schema.packets, odds);
  return { arbitrary: arbitraryOf(narrowed, oddsWithin(narrowed, odds)) };
}

function narrowingsOf(constraints: FloodConstraints): Record<string, Narrowing> {
  const { members, holders, gso, family, arrival, exits, switches, failures } = constraints;
  const narrowings: Record<string, Narrowing> = {};
  if (members !== undefined) narrowings["packet.members"] = members;
  if (holders !== undefined) narrowings["holders"] = { usual: 3, ...holders };
  if (gso !== undefined) narrowings["packet.gso"] = { names: inOrder("packet.gso", gso) };
  if (family !== undefined) narrowings["packet.family"] = { names: inOrder("packet.family", [family].flat()) };
  if (arrival !== undefined) narrowings["packet.arrival"] = { names: inOrder("packet.arrival", [arrival].flat()) };
  if (exits !== undefined) narrowings["holders.exit"] = { names: inOrder("holders.exit", exits) };
  if (switches !== undefined) narrowings["switches"] = { max: switches };
  if (failures !== undefined) narrowings["failures"] = { max: failures };
  return narrowings;
}

const DECLARED_NAMES: Record<string, readonly string[]> = {
  "packet.gso": schema.packet.fields.gso.names,
  "packet.family": schema.packet.fields.family.names,
  "packet.arrival": schema.packet.fields.arrival.names,
  "holders.exit": schema.holder.fields.exit.names,
};

/** In the declared order, whatever order the caller gave: what recipes shrink towards must not depend on it. */
function inOrder(path: string, names: readonly string[]): readonly string[] {
  const declared = DECLARED_NAMES[path] ?? [];
  const foreign = names.filter((name) => !declared.includes(name));
  return [...declared.filter((name) => names.includes(name)), ...foreign];
}

const USUAL_LENGTHS: Readonly<Record<string, Narrowing>> = { holders: { usual: 3 } };

/** Rare flags are at 10 to 15 %: with several members one of them then carries each in a third of the recipes. */
export const FLOOD_ODDS: Odds = {
  "packet.arrival": { stack: 9, tap: 1 },
  "packet.tunnels": 0,
  "packet.tcp.seq": 0.3,
  "packet.tcp.flags": 0.3,
  "packet.tcp.window": 0.15,
  "packet.tcp.optionWords": 0.4,
  "packet.strides": 0,
  "packet.head.split": 0.15,
  "packet.members.split": 0.15,
  "packet.members.odd": 0,
  "packet.members.flow": 0,
  "packet.cast": { multicast: 6, unicast: 3, loopback: 1 },
  "packet.vlan": 0.2,
  "packet.acceleratedVlan": 0.15,
  "packet.optionWords": 0.15,
  "packet.extensions": 0.2,
  "packet.ipId": 0.5,
  "packet.trafficClass": 0.3,
  "packet.hopLimit": 0.3,
  "packet.zeroChecksum": 0.12,
  "packet.gso": { fraglist: 6, "udp-l4": 3, ufo: 1, none: 1 },
  "packet.gsoSize": 0.35,
  "packet.dodgy": 0.1,
  "packet.evenMembers": 0.8,
  "packet.head.paged": 0.5,
  "packet.head.headFrag": 0.6,
  "packet.head.headroom": 0.3,
  "packet.head.nohdr": 0.1,
  "packet.head.zerocopy": { no: 26, owned: 2, "do-not-orphan": 1, managed: 1 },
  "packet.head.sharedFrag": 0.12,
  "packet.head.state": 0.15,
  "packet.head.timestamp": 0.12,
  "packet.members": 0.85,
  "packet.members.paged": 0.5,
  "packet.members.headFrag": 0.6,
  "packet.members.users": 0.1,
  "packet.members.cloned": 0.12,
  "packet.members.nohdr": 0.12,
  "packet.members.state": 0.12,
  "packet.members.sharedFrag": 0.12,
  "packet.checksum": { unnecessary: 4, partial: 4, none: 1, complete: 1 },
  "packet.checksumLevel": 0.15,
  "packet.checksumStart": 0.1,
  "packet.rewritten": { nothing: 7, source: 1, destination: 1, both: 1 },
  "packet.owner": { none: 4, sender: 3, "early-demux": 1 },
  middle: 0,
  "holders.exit": { port: 4, local: 3, tap: 1, inspect: 1 },
  "holders.before": 0.4,
  "holders.device.sg": 0.7,
  "holders.device.fraglist": 0.2,
  "holders.device.udpL4": 0.3,
  "holders.device.tso": 0.3,
  "holders.device.tsoEcn": 0.3,
  "holders.device.tsoMangleId": 0.3,
  "holders.device.sctp": 0.3,
  "holders.device.encapsulation": 0.3,
  "holders.device.ufo": 0.15,
  "holders.device.gsoFraglist": 0.3,
  "holders.device.gsoPartial": 0.15,
  "holders.device.robust": 0.2,
  "holders.device.big": 0.3,
  "holders.device.gsoMaxSegs": 0.1,
  "holders.device.mtu": 0,
  "holders.sockets.convertsChecksum": 0.15,
  "holders.sockets.filters": 0.15,
  "holders.sockets.smallBuffer": 0.1,
  "holders.release": 0.2,
  turns: 0.5,
  switches: 0.33,
  failures: 0.1,
  allocator: { identity: 2, kmalloc612: 1, kmalloc61: 1 },
};
