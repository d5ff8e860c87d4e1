/** The engine in TypeScript: builds a recipe into sk_buffs, runs it, and records what happened. */

import type { Kernel } from "../../kernel/Kernel.js";
import { Arena } from "../../memory/Arena.js";
import { KernelFault } from "../../memory/fault.js";
import { Memory } from "../../memory/Memory.js";
import type { Recipe } from "../../recipe/Recipe.js";
import type { Accounts, Run, SocketAccount, TraceStep } from "../../recipe/Run.js";
import { roundings } from "../../skb/alloc.js";
import { kfreeSkb } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import type { Engine, RunOptions } from "../Engine.js";
import { census } from "./census.js";
import { deviceOf, release, socketsOf } from "./exits.js";
import { Holder } from "./Holder.js";
import { liveCounts } from "./Observer.js";
import { originOf } from "./origin.js";
import { planPacket } from "./packetPlan.js";
import { Turns } from "./Turns.js";
import { World } from "./World.js";

/** Exits that end in a device, and those that end in sockets. */
const SENDS: ReadonlySet<string> = new Set(["port", "route", "vxlan", "veth"]);
const RECEIVES: ReadonlySet<string> = new Set(["local", "loopback"]);

/** An engine over one kernel. Runs do not depend on what ran before: only the arena is kept, and reset. */
export function modelEngine(kernel: Kernel): Engine {
  const arena = new Arena();
  return {
    name: "model",
    kernel: kernel.name,
    run: (recipe, options) => runRecipe(kernel, recipe, arena, options),
  };
}

function runRecipe(kernel: Kernel, recipe: Recipe, arena: Arena, options: RunOptions = {}): Run {
  const mem = new Memory(arena);
  mem.rounding = roundings[recipe.allocator];
  const trace: TraceStep[] = [];
  if (options.trace === true) mem.onStep = (text) => trace.push({ holder: mem.actor, text });

  const world = new World(mem, kernel.seams);
  const plan = planPacket(
    recipe.packet,
    recipe.holders.some(({ exit }) => exit === "vxlan"),
  );
  const origin = originOf(world, plan, recipe);
  const holders = recipe.holders.map((one, i) => new Holder(i, one));
  for (const holder of holders) {
    if (SENDS.has(holder.recipe.exit)) holder.device = deviceOf(world, holder);
    if (RECEIVES.has(holder.recipe.exit)) holder.sockets = socketsOf(holder);
  }
  const account = (): SocketAccount => accountOf(world, holders);
  mem.startCounting(recipe.failures);
  const turns = origin.skb === null ? undefined : new Turns(world, recipe, plan.recipe, holders, origin.skb, account);
  turns?.run();
  mem.stopCounting();

  const faults = [...origin.faults, ...(turns?.faults ?? [])];
  const dead = faults.length > 0;
  const miscounted = dead ? [] : census(rootsOf(world, holders), managedPages(world));
  takeDown(world, holders);
  if (!dead) reportLeaks(mem);
  const accounts: Accounts = {
    quiescent: turns?.quiescent ?? [],
    final: [account()],
    live: liveCounts(mem),
    heldReferences: world.heldReferences(),
    miscounted,
  };
  return {
    engine: "model",
    kernel: kernel.name,
    recipe,
    packet: origin.packet,
    holders: holders.map((holder) => holder.record(holder.device?.features ?? 0)),
    calls: world.watch.calls,
    faults,
    memory: mem.reports,
    warnings: mem.warnings,
    accounts,
    allocations: mem.allocations,
    touches: holders.map((holder) => mem.touches[holder.index] ?? 0),
    trace,
  };
}

/** What the sender is charged, and the truesize of the live sk_buffs that it is charged for. */
function accountOf(world: World, holders: readonly Holder[]): SocketAccount {
  const { sender } = world;
  const seen = new Set<SkBuff>();
  let chargedTruesize = 0;
  const add = (skb: SkBuff | null): void => {
    if (skb === null || skb.users <= 0 || seen.has(skb)) return;
    seen.add(skb);
    const charged = skb.destructor === "sock_wfree" || skb.destructor === "tcp_wfree";
    if (skb.sk === sender && charged) chargedTruesize += skb.truesize;
  };
  for (const skb of rootsOf(world, holders)) add(skb);
  return { name: sender.name, wmemAlloc: sender.wmemAlloc, rmemAlloc: sender.rmemAlloc, chargedTruesize };
}

/** Every sk_buff that a holder or an outsider has, once for each reference. */
function rootsOf(world: World, holders: readonly Holder[]): SkBuff[] {
  const roots: SkBuff[] = [...world.kept];
  for (const holder of holders) {
    if (holder.skb !== null) roots.push(holder.skb);
    roots.push(...holder.extra);
    for (const frame of holder.frames) if (!frame.freed) roots.push(frame.skb);
    for (const queue of holder.datagrams) for (const one of queue) if (!one.freed) roots.push(one.skb);
  }
  return roots;
}

const managedPages = (world: World) => world.zerocopy.flatMap(({ managed }) => managed);

/** Frees what holders and outsiders still have, in order. A fault here is a finding of its own. */
function takeDown(world: World, holders: readonly Holder[]): void {
  const free = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof KernelFault)) throw error;
    }
  };
  for (const holder of holders) free(() => release(world, holder));
  for (const skb of world.kept.splice(0)) free(() => kfreeSkb(skb));
  for (const { managed } of world.zerocopy) for (const page of managed) free(() => page.put());
}

/** What is still alive when everybody has given everything back. After a fault that says nothing: the kernel is dead. */
function reportLeaks(mem: Memory): void {
  if (mem.skbs > 0) mem.report("leak", "skb", "users", 0, mem.skbs);
  if (mem.heads > 0) mem.report("leak", "head", "dataref", 0, mem.heads);
  if (mem.pageRefs > 0) mem.report("leak", "page", "refs", 0, mem.pageRefs);
}
