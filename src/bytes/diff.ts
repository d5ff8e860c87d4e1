/** Comparison of byte arrays. */

/** Above this length the native comparison is the faster one. */
const NATIVE_FROM = 64;

/** Whether both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if (a.length >= NATIVE_FROM) return Buffer.compare(a, b) === 0;
  for (let i = 0; i < a.length; i += 1) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

/** The first offset at which they differ, -1 when equal. When one is a prefix of the other, the shorter one's length. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (equalBytes(a, b)) return -1;
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i += 1) {
    if (a[i] !== b[i]) return i;
  }
  return shorter;
}
