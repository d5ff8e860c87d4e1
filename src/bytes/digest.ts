/**
 * An incremental digest of plain data, to tell whether two runs were equal. Two 32-bit lanes, not cryptographic.
 *
 * Every piece is preceded by its kind and length, so that neighbouring pieces cannot run into each other.
 */

const KIND = { bytes: 1, int: 2, double: 3, text: 4, undefined: 5, null: 6, boolean: 7, array: 8, object: 9 } as const;

const scratch = new DataView(new ArrayBuffer(8));

export class Digest {
  private high = 0x9e3779b9 | 0;
  private low = 0x7f4a7c15 | 0;

  bytes(u8: Uint8Array): this {
    this.word(KIND.bytes);
    this.word(u8.length);
    const whole = u8.length & ~3;
    for (let i = 0; i < whole; i += 4) {
      this.word(u8[i]! | (u8[i + 1]! << 8) | (u8[i + 2]! << 16) | (u8[i + 3]! << 24));
    }
    let rest = 0;
    for (let i = whole; i < u8.length; i += 1) rest |= u8[i]! << (8 * (i - whole));
    if (whole < u8.length) this.word(rest);
    return this;
  }

  /** Any double. -0 counts as 0, as JSON writes both alike; every NaN counts the same. */
  number(n: number): this {
    if ((n | 0) === n) {
      this.word(KIND.int);
      this.word(n);
    } else {
      scratch.setFloat64(0, n, true);
      this.word(KIND.double);
      this.word(Number.isNaN(n) ? 0 : scratch.getInt32(0, true));
      this.word(Number.isNaN(n) ? 0x7ff80000 : scratch.getInt32(4, true));
    }
    return this;
  }

  text(s: string): this {
    this.word(KIND.text);
    this.word(s.length);
    for (let i = 0; i < s.length; i += 1) this.word(s.charCodeAt(i));
    return this;
  }

  /** Plain data of any depth; object keys in their own order. Throws on functions, symbols and the like. */
  value(v: unknown): this {
    switch (typeof v) {
      case "number":
        return this.number(v);
      case "string":
        return this.text(v);
      case "boolean":
        this.word(KIND.boolean);
        this.word(v ? 1 : 0);
        return this;
      case "undefined":
        this.word(KIND.undefined);
        return this;
      case "object":
        return this.structure(v);
      default:
        throw new TypeError(`Digest.value: expected plain data, got a ${typeof v}`);
    }
  }

  /** Sixteen lower-case digits for everything taken in so far; more may follow. */
  hex(): string {
    const high = finish(this.high ^ Math.imul(this.low, 0x85ebca6b));
    const low = finish(this.low ^ Math.imul(high, 0xc2b2ae35));
    return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
  }

  private structure(v: object | null): this {
    if (v === null) {
      this.word(KIND.null);
    } else if (v instanceof Uint8Array) {
      this.bytes(v);
    } else if (Array.isArray(v)) {
      this.word(KIND.array);
      this.word(v.length);
      for (const element of v) this.value(element);
    } else {
      const entries = Object.entries(v);
      this.word(KIND.object);
      this.word(entries.length);
      for (const [key, inner] of entries) this.text(key).value(inner);
    }
    return this;
  }

  /** Both steps are invertible in the lane for a given word, so that no state is lost. */
  private word(w: number): void {
    this.high = (Math.imul(rotate(this.high ^ Math.imul(w, 0xcc9e2d51), 15), 0x1b873593) + 0x52dce729) | 0;
    this.low = Math.imul(rotate((this.low + w) | 0, 13) ^ (w >>> 3), 0x2c1b3c6d) ^ this.high;
  }
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function finish(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
