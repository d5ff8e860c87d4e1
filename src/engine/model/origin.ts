/** How the packet comes to be what the holders are given: it arrives, middleboxes deal with it, and it is looked at. */
import { KernelFault } from "../../memory/fault.js";
import { SETUP } from "../../memory/Memory.js";
import type { Recipe } from "../../recipe/Recipe.js";
import type { Fault, GroRun, InputPacket } from "../../recipe/Run.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { parseLayers } from "../../wire/frameLayers.js";
import { arrive } from "./arrival.js";
import { arriveOneByOne } from "./groArrival.js";
import { originalFrame, originalsOf } from "./headers.js";
import { doMiddleStep } from "./middle.js";
import { datagramsOf, type PacketPlan, type Piece } from "./packetPlan.js";
import { arrivesOneByOne } from "./possible.js";
import type { World } from "./World.js";

export interface Origin {
  /** Null when there is nothing for the holders. */
  readonly skb: SkBuff | null;
  readonly packet: InputPacket;
  /** A fault on the way, after which there is no packet. */
  readonly faults: readonly Fault[];
}

/** Allocations are not counted and do not fail until the holders start. */
export function originOf(world: World, plan: PacketPlan, recipe: Recipe): Origin {
  let arrived: Arrival = NOTHING;
  const faults: Fault[] = [];
  const middle: string[] = [];
  try {
    arrived = arrivesOneByOne(plan.recipe) ? arriveOneByOne(world, plan) : { ...arrive(world, plan), gro: undefined };
    for (const step of recipe.middle) {
      if (arrived.skb === null) break;
      world.mem.onStep?.(`middle: ${step.do} ${step.bytes}`);
      middle.push(doMiddleStep(world, arrived.skb, step));
    }
  } catch (error) {
    if (!(error instanceof KernelFault)) throw error;
    faults.push({ kind: error.kind, id: error.id, holder: SETUP, site: error.site, values: error.values });
    world.watch.faulted(0);
    arrived = { ...NOTHING, gro: arrived.gro };
  }
  return { skb: arrived.skb, packet: inputPacket(world, plan, arrived, middle), faults };
}

interface Arrival {
  readonly skb: SkBuff | null;
  readonly errno: string;
  readonly gro: GroRun | undefined;
}
const NOTHING: Arrival = { skb: null, errno: "", gro: undefined };

function inputPacket(world: World, plan: PacketPlan, arrived: Arrival, middle: readonly string[]): InputPacket {
  const { skb, errno, gro } = arrived;
  const arrival = plan.recipe.arrival === "stack" ? "stack" : skb === null ? "refused" : "accepted";
  const front = skb === null ? 0 : skb.data - skb.macHeader;
  const frame = (skb === null ? undefined : world.observer.bytes(skb, -front, skb.len + front)) ?? new Uint8Array(0);
  const isAsPlanned = skb === null || (gro === undefined && middle.length === 0);
  return {
    arrival,
    errno,
    view: skb === null ? undefined : world.observer.view(skb),
    frame,
    ...(isAsPlanned ? { macLen: plan.macLen, transportOffset: plan.transportOffset } : offsetsIn(frame, front)),
    ...contentsOf(plan, gro),
    gro,
    middle,
  };
}

/** As the frame itself says; one that cannot be read has its link header alone. */
function offsetsIn(frame: Uint8Array, front: number): Pick<InputPacket, "macLen" | "transportOffset"> {
  const layers = parseLayers(frame);
  return { macLen: layers[0]?.macLen ?? front, transportOffset: layers.at(-1)?.l4Offset ?? front };
}

/** The datagrams inside and the frames that they arrived in: all of the plan's, or those that receive offload put together. */
function contentsOf(plan: PacketPlan, gro: GroRun | undefined): Pick<InputPacket, "datagrams" | "originals"> {
  if (gro === undefined) return { datagrams: datagramsOf(plan), originals: originalsOf(plan) };
  const made = gro.delivered[gro.followed]?.made ?? [];
  const pieces = made.map((i) => plan.pieces[i] as Piece);
  return {
    datagrams: pieces.map(({ at, payload }) => plan.payload.subarray(at, at + payload)),
    originals: made.map((i, n) => gro.frames[i]?.bytes ?? originalFrame(plan, pieces[n] as Piece)),
  };
}
