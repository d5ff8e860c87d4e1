/** Everything that one run has besides its holders: memory, kernel, the sender's socket, and what others keep. */
import type { Memory } from "../../memory/Memory.js";
import type { NetKernel, NetSeams } from "../../net/NetKernel.js";
import { offloadsWithVlans } from "../../net/offloads.js";
import type { Page } from "../../skb/Page.js";
import { Reference } from "../../skb/Reference.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import type { ZerocopyOwner } from "../../skb/ZerocopyOwner.js";
import { GsoWatch } from "./GsoWatch.js";
import { Observer } from "./Observer.js";

/** The side objects that an sk_buff may hold. */
export interface SideObjects {
  readonly dst: Reference;
  readonly conntrack: Reference;
  readonly extensions: Reference;
}

export class World {
  readonly sender = new Sock("sender");
  readonly kernel: NetKernel;
  readonly watch: GsoWatch;
  readonly observer: Observer;
  readonly ofHead: SideObjects;
  readonly ofMembers: SideObjects;
  /** sk_buffs that somebody outside of the holders keeps until the end. */
  readonly kept: SkBuff[] = [];
  /** Zero-copy owners with the pages whose references they manage themselves. */
  readonly zerocopy: { readonly owner: ZerocopyOwner; readonly managed: readonly Page[] }[] = [];

  constructor(
    readonly mem: Memory,
    seams: NetSeams,
  ) {
    this.observer = new Observer(mem);
    this.watch = new GsoWatch(mem, this.sender, this.observer);
    this.kernel = { ...seams, offloads: offloadsWithVlans, tracepoint: this.watch };
    this.ofHead = sideObjects(mem, "head");
    this.ofMembers = sideObjects(mem, "members");
  }

  /** References to side objects that sk_buffs hold, by object; the world's own one is not counted. */
  heldReferences(): Record<string, number> {
    const held: Record<string, number> = {};
    for (const side of [this.ofHead, this.ofMembers]) {
      for (const object of [side.dst, side.conntrack, side.extensions]) held[object.name] = object.refs - 1;
    }
    return held;
  }
}

function sideObjects(mem: Memory, whose: string): SideObjects {
  return {
    dst: new Reference(mem, `dst of ${whose}`),
    conntrack: new Reference(mem, `conntrack of ${whose}`),
    extensions: new Reference(mem, `extensions of ${whose}`),
  };
}
