/** Where a run has been: how its packet arrived, what it was, and which holder left with it by which exit. */
import {
  SKB_GSO_FRAGLIST,
  SKB_GSO_SCTP,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../src/abi/features.js";
import { type HolderRecipe, type PacketRecipe, schema } from "../../src/recipe/Recipe.js";
import type { HolderRun, Run, SkbView } from "../../src/recipe/Run.js";
import { type FrameLayer, parseLayers } from "../../src/wire/frameLayers.js";

export type Arrival = PacketRecipe["arrival"];
export type Exit = HolderRecipe["exit"];

export const ARRIVALS = schema.packet.fields.arrival.names as readonly Arrival[];
export const EXITS = schema.holder.fields.exit.names as readonly Exit[];

/** A packet that was not cut yet, or one that never was to be. */
export const PROTOCOLS = [
  "udp list",
  "udp aggregate",
  "udp to fragment",
  "tcp aggregate",
  "tcp list",
  "sctp bundle",
  "udp datagram",
  "tcp segment",
  "sctp packet",
] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A holder that got as far as its exit, with its packet as the exit found it. */
export interface Entrance {
  readonly holder: HolderRun;
  readonly exit: Exit;
  readonly entered: SkbView;
}

/** How the packet really came: a tap takes neither lists nor tunnels whole, so the stack makes those. */
export const arrivalOf = ({ recipe, packet }: Run): Arrival =>
  packet.gro !== undefined ? recipe.packet.arrival : packet.arrival === "stack" ? "stack" : "tap";

export const entrancesOf = ({ holders }: Run): Entrance[] =>
  holders.flatMap((holder) =>
    holder.outcome === "unborn" || holder.entered === undefined
      ? []
      : [{ holder, exit: holder.exit, entered: holder.entered }],
  );

/** Whether receive offload made the packet of several frames; elsewhere, whether there is anything to cut. */
export const isAggregate = ({ shinfo }: SkbView): boolean => shinfo.gsoSize > 0;

const known = new WeakMap<SkbView, readonly FrameLayer[]>();

/** The headers in the linear part, from the link header in. */
export function layersOf(view: SkbView): readonly FrameLayer[] {
  let layers = known.get(view);
  if (layers === undefined) {
    layers = parseLayers(view.linear);
    known.set(view, layers);
  }
  return layers;
}

/** By gso_type, else by the innermost header; undefined when it cannot be read. */
export function protocolOf(view: SkbView, layers = layersOf(view)): Protocol | undefined {
  const { gsoSize, gsoType } = view.shinfo;
  const has = (bits: number): boolean => gsoSize > 0 && (gsoType & bits) !== 0;
  if (has(SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) return has(SKB_GSO_FRAGLIST) ? "tcp list" : "tcp aggregate";
  if (has(SKB_GSO_FRAGLIST)) return "udp list";
  if (has(SKB_GSO_UDP_L4)) return "udp aggregate";
  if (has(SKB_GSO_SCTP)) return "sctp bundle";
  if (has(SKB_GSO_UDP)) return "udp to fragment";
  const innermost = layers.at(-1);
  if (innermost?.udp !== undefined) return "udp datagram";
  if (innermost?.tcp !== undefined) return "tcp segment";
  return innermost?.sctp === undefined ? undefined : "sctp packet";
}
