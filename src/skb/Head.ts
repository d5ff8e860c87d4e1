/** A byte buffer `[0, end)` followed by exactly one shared info. Several sk_buffs may point into it. */
import type { Memory } from "../memory/Memory.js";
import type { Page } from "./Page.js";
import { SharedInfo } from "./SharedInfo.js";

export class Head {
  readonly serial: number;
  readonly shinfo: SharedInfo;
  alive = true;

  constructor(
    readonly mem: Memory,
    /** Where the buffer begins in the arena. */
    readonly base: number,
    /** Bytes in front of the shared info. */
    readonly size: number,
    /** The page that the buffer was carved out of, which keeps the bytes alive while fragments name it. */
    readonly page: Page | undefined = undefined,
  ) {
    this.serial = mem.nextSerial();
    this.shinfo = new SharedInfo(mem, this);
    mem.heads++;
  }

  get name(): string {
    return `head#${this.serial}`;
  }

  /** @kernel skb_free_head net/core/skbuff.c */
  free(): void {
    this.abandon();
    this.page?.put();
  }

  /** Ends a head whose reference on its page a fragment has taken over: the page may be gone by now. */
  abandon(): void {
    if (!this.alive) throw this.mem.invalid("double-free", this.name, "bytes");
    this.alive = false;
    this.mem.heads--;
  }
}
