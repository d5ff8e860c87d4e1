/** The owner of user memory under transmission: told once, when the last buffer that names the memory is gone. */
import type { Memory } from "../memory/Memory.js";

/** @kernel struct ubuf_info include/linux/skbuff.h */
export class ZerocopyOwner {
  readonly serial: number;
  refs = 1;

  constructor(
    private readonly mem: Memory,
    readonly name: string,
  ) {
    this.serial = mem.nextSerial();
  }

  /** @kernel net_zcopy_get include/linux/skbuff.h */
  get(): void {
    if (this.refs <= 0) throw this.mem.invalid("use-after-free", this.name, "refs");
    this.refs++;
  }

  /** @kernel net_zcopy_put include/linux/skbuff.h */
  put(): void {
    if (this.refs <= 0) throw this.mem.invalid("refcount-underflow", this.name, "refs");
    this.refs--;
  }
}
