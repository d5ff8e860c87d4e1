/**
 * Who runs when: the turns of a recipe one step at a time, and switches in the middle of a step. A fault ends the work
 * of the holder that runs, and nobody else's.
 */
import { Switchboard } from "../../interleave/Switchboard.js";
import { KernelFault } from "../../memory/fault.js";
import { SETUP } from "../../memory/Memory.js";
import type { PacketRecipe, Recipe } from "../../recipe/Recipe.js";
import type { Fault, SkbView, SocketAccount } from "../../recipe/Run.js";
import { skbClone } from "../../skb/clone.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { leave, readQueues, release } from "./exits.js";
import type { Holder } from "./Holder.js";
import { operate } from "./operations.js";
import type { World } from "./World.js";

export class Turns {
  readonly faults: Fault[] = [];
  readonly quiescent: SocketAccount[] = [];
  private readonly switchboard: Switchboard;
  /** Steps under way: more than one while somebody is interrupted. */
  private nesting = 0;

  constructor(
    private readonly world: World,
    private readonly recipe: Recipe,
    private readonly packet: PacketRecipe,
    private readonly holders: readonly Holder[],
    original: SkBuff,
    private readonly account: () => SocketAccount,
  ) {
    this.last.skb = original;
    const count = holders.length;
    const switches = recipe.switches.map((one) => ({
      holder: one.holder % count,
      touch: one.touch,
      to: one.to % count,
    }));
    this.switchboard = new Switchboard(switches, (to) => this.runMeanwhile(to));
    world.mem.onTouch = (holder, touch) => this.switchboard.touched(holder, touch);
  }

  /** Carries out all turns of the recipe, then lets the holders finish in order. */
  run(): void {
    const { holders } = this;
    if (this.recipe.cloning === "at-once") this.makeClones();
    this.remember(this.last);
    for (const turn of this.recipe.turns) {
      const holder = holders[turn % holders.length] as Holder;
      if (!holder.hasFinished) this.step(holder);
    }
    for (const holder of holders) while (!holder.hasFinished) this.step(holder);
    this.world.mem.onTouch = undefined;
  }

  /** Every holder but the last gets a clone; the last has the original, and acts only when all clones are made. */
  private makeClones(): void {
    for (const holder of this.holders) this.giveBirth(holder);
  }

  /** The flood makes the clone, not the holder: nothing is counted as the holder's touch. */
  private giveBirth(holder: Holder): void {
    if (holder.born) return;
    holder.born = true;
    if (holder === this.last) {
      this.makeClones();
      return;
    }
    const { mem } = this.world;
    const before = mem.actor;
    mem.actor = SETUP;
    holder.skb = skbClone(this.last.skb as SkBuff);
    mem.actor = before;
    holder.ranSince.length = 0;
    this.remember(holder);
    if (holder.skb === null) {
      holder.outcome = "unborn";
      holder.nextStep = holder.steps;
    }
  }

  private get last(): Holder {
    return this.holders.at(-1) as Holder;
  }

  /** One step of one holder: an operation, the exit, or the release. */
  private step(holder: Holder): void {
    const { mem } = this.world;
    const before = mem.actor;
    mem.actor = holder.index;
    holder.running = true;
    this.nesting++;
    const depth = this.world.watch.depth;
    try {
      this.giveBirth(holder);
      if (!holder.hasFinished) {
        this.lookForDisturbance(holder);
        this.act(holder);
      }
    } catch (error) {
      if (!(error instanceof KernelFault)) throw error;
      this.faulted(holder, error, depth);
    }
    holder.running = false;
    this.nesting--;
    mem.actor = before;
    this.settle(holder);
  }

  private act(holder: Holder): void {
    const operation = holder.recipe.before[holder.nextStep];
    if (operation !== undefined) {
      holder.nextStep++;
      this.world.mem.onStep?.(`${operation.do} ${operation.bytes}`);
      holder.operations.push(operate(this.world, holder, operation));
      if (holder.skb === null) holder.nextStep = holder.steps;
      return;
    }
    const isExit = holder.nextStep === holder.recipe.before.length;
    holder.nextStep++;
    if (isExit) {
      this.world.mem.onStep?.(`exit: ${holder.recipe.exit}`);
      leave(this.world, holder, this.packet);
      readQueues(this.world, holder);
      if (this.nesting === 1) this.quiescent.push(this.account());
    } else {
      this.world.mem.onStep?.("release");
      release(this.world, holder);
    }
  }

  private faulted(holder: Holder, fault: KernelFault, depth: number): void {
    this.world.watch.faulted(depth);
    this.faults.push({
      kind: fault.kind,
      id: fault.id,
      holder: holder.index,
      site: fault.site,
      values: fault.values,
    });
    this.world.mem.onStep?.(`${fault.kind}(${fault.id}) ends the work of holder ${holder.index}`);
    holder.outcome = "faulted";
    holder.nextStep = holder.steps;
    holder.skb = null;
    readQueues(this.world, holder);
  }

  /** Remembers how the holder left its sk_buff, and tells the others that it ran. */
  private settle(holder: Holder): void {
    for (const other of this.holders)
      if (other !== holder && !other.ranSince.includes(holder.index)) other.ranSince.push(holder.index);
    holder.ranSince.length = 0;
    this.remember(holder);
  }

  /** Compares the holder's sk_buff with how it left it. */
  private lookForDisturbance(holder: Holder): void {
    if (holder.skb === null) return;
    const before: SkbView | undefined = holder.last;
    if (before === undefined || holder.ranSince.length === 0) return;
    holder.disturbances.push({ before, after: this.world.observer.view(holder.skb), by: [...holder.ranSince] });
  }

  private remember(holder: Holder): void {
    holder.last = holder.skb === null ? undefined : this.world.observer.view(holder.skb);
  }

  /** An interrupt: `to` runs to its end before this returns. False when it is running or has finished. */
  private runMeanwhile(to: number): boolean {
    const holder = this.holders[to] as Holder;
    if (holder.running || (holder.born && holder.hasFinished)) return false;
    const { mem } = this.world;
    const interrupted = this.holders[mem.actor];
    if (interrupted !== undefined) interrupted.interrupted = true;
    this.world.watch.interrupted();
    mem.onStep?.(`interrupted: holder ${to} runs to its end`);
    while (!holder.hasFinished) this.step(holder);
    mem.onStep?.("the interrupted step goes on");
    return true;
  }
}
