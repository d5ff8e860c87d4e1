/** A reference-counted side object that sk_buffs hold: a dst entry, a conntrack, an extension block. */
import type { Memory } from "../memory/Memory.js";

export class Reference {
  readonly serial: number;
  refs = 1;

  constructor(
    private readonly mem: Memory,
    readonly name: string,
  ) {
    this.serial = mem.nextSerial();
  }

  hold(): this {
    if (this.refs <= 0) throw this.mem.invalid("use-after-free", this.name, "refs");
    this.refs++;
    return this;
  }

  release(): void {
    if (this.refs <= 0) throw this.mem.invalid("refcount-underflow", this.name, "refs");
    this.refs--;
  }
}
