/** Bytes outside of any linear area: counted references, perhaps shared with a head that was carved out of it. */
import type { Memory } from "../memory/Memory.js";

export class Page {
  readonly serial: number;
  refs = 1;

  constructor(
    readonly mem: Memory,
    /** Where the page begins in the arena. */
    readonly base: number,
    readonly size: number,
    /** User memory under a zero-copy owner, which may change it once told that the transmission is complete. */
    readonly user = false,
  ) {
    this.serial = mem.nextSerial();
    mem.pageRefs++;
  }

  get name(): string {
    return `page#${this.serial}`;
  }

  /** @kernel get_page include/linux/mm.h */
  get(): void {
    if (this.refs <= 0) throw this.mem.invalid("use-after-free", this.name, "refs");
    this.refs++;
    this.mem.pageRefs++;
  }

  /** @kernel put_page include/linux/mm.h */
  put(): void {
    if (this.refs <= 0) throw this.mem.invalid("refcount-underflow", this.name, "refs");
    this.refs--;
    this.mem.pageRefs--;
  }
}

/** One entry of `frags[]`: a byte range of a page. Entries are replaced, never changed in place. */
export interface Frag {
  readonly page: Page;
  readonly offset: number;
  readonly len: number;
}
