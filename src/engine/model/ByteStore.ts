/** Bytes that a run keeps: many short copies out of few allocations, since one allocation costs more than its bytes. */
const FIRST_CHUNK = 8192;

export class ByteStore {
  private chunk = new Uint8Array(FIRST_CHUNK);
  private used = 0;

  /** `n` bytes of their own, all zero. */
  take(n: number): Uint8Array {
    if (this.used + n > this.chunk.length) {
      this.chunk = new Uint8Array(Math.max(n, 2 * this.chunk.length));
      this.used = 0;
    }
    const start = this.used;
    this.used += n;
    return this.chunk.subarray(start, this.used);
  }

  /** Gives the bytes that were taken last back. */
  giveBack(bytes: Uint8Array): void {
    this.used -= bytes.length;
  }
}
