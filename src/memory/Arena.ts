/**
 * One stretch of bytes from which a run takes all its buffers, so that a case costs no allocation per packet.
 * Nothing is given back within a run: a freed buffer keeps its bytes, and its life is known to its owner.
 */
const POISON = 0xa5;

export class Arena {
  bytes: Uint8Array;
  private top = 0;

  constructor(capacity = 1 << 20) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Takes `size` bytes, filled with a pattern that is no packet's, and returns where they begin. */
  take(size: number): number {
    const base = this.top;
    const end = base + size;
    if (end > this.bytes.length) this.grow(end);
    this.bytes.fill(POISON, base, end);
    this.top = end;
    return base;
  }

  /** Bytes taken since the last reset. */
  get used(): number {
    return this.top;
  }

  /** Forgets everything: the next run starts from the same state, whatever ran before. */
  reset(): void {
    this.top = 0;
  }

  private grow(needed: number): void {
    let capacity = this.bytes.length;
    while (capacity < needed) capacity *= 2;
    const larger = new Uint8Array(capacity);
    larger.set(this.bytes.subarray(0, this.top));
    this.bytes = larger;
  }
}
