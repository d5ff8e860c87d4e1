/**
 * The only way to the bytes of a linear area: bounds and life are checked, and a change of bytes that somebody else can
 * see is recorded. Offsets count from the head of the buffer.
 */
import type { Memory } from "../memory/Memory.js";
import { SKB_DATAREF_MASK, SKB_DATAREF_SHIFT } from "./SharedInfo.js";
import type { SkBuff } from "./SkBuff.js";

/** Where byte `offset` of the buffer lies in the arena, having checked that `n` bytes from there may be read. */
function readable(skb: SkBuff, offset: number, n: number): number {
  const head = skb.head;
  if (skb.users <= 0 || !head.alive) throw skb.mem.invalid("use-after-free", skb.name, "bytes");
  if (offset < 0 || offset + n > head.size) throw skb.mem.invalid("out-of-bounds", skb.name, "bytes");
  if (offset + n > skb.tail) skb.mem.report("out-of-bounds", skb.name, "linear bytes", skb.tail, offset + n);
  return head.base + offset;
}

/** As `readable`, for a write; says also whether others would see a change. */
function writable(skb: SkBuff, offset: number, n: number): number {
  const head = skb.head;
  if (skb.users <= 0 || !head.alive) throw skb.mem.invalid("use-after-free", skb.name, "bytes");
  if (offset < 0 || offset + n > head.size) throw skb.mem.invalid("out-of-bounds", skb.name, "bytes");
  return head.base + offset;
}

/** Whether a holder that looks at headers shares this buffer: the condition of skb_header_cloned. */
function seenByOthers(skb: SkBuff): boolean {
  const dataref = skb.head.shinfo.datarefSeen;
  return (dataref & SKB_DATAREF_MASK) - (dataref >>> SKB_DATAREF_SHIFT) > (skb.nohdr ? 0 : 1);
}

export function readU8(skb: SkBuff, offset: number): number {
  return skb.mem.arena.bytes[readable(skb, offset, 1)] as number;
}

export function readU16(skb: SkBuff, offset: number): number {
  const at = readable(skb, offset, 2);
  const bytes = skb.mem.arena.bytes;
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function readU32(skb: SkBuff, offset: number): number {
  return ((readU16(skb, offset) << 16) | readU16(skb, offset + 2)) >>> 0;
}

export function writeU8(skb: SkBuff, offset: number, value: number): void {
  const at = writable(skb, offset, 1);
  let bytes = skb.mem.arena.bytes;
  const before = bytes[at] as number;
  if (before !== (value & 0xff) && seenByOthers(skb)) bytes = changed(skb, before, value & 0xff);
  bytes[at] = value;
}

export function writeU16(skb: SkBuff, offset: number, value: number): void {
  const at = writable(skb, offset, 2);
  let bytes = skb.mem.arena.bytes;
  const before = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (before !== (value & 0xffff) && seenByOthers(skb)) bytes = changed(skb, before, value & 0xffff);
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(skb: SkBuff, offset: number, value: number): void {
  writeU16(skb, offset, value >>> 16);
  writeU16(skb, offset + 2, value & 0xffff);
}

/** memmove within one buffer. */
export function moveBytes(skb: SkBuff, from: number, to: number, n: number): void {
  if (n <= 0) return;
  const source = readable(skb, from, n);
  const target = writable(skb, to, n);
  let bytes = skb.mem.arena.bytes;
  if (seenByOthers(skb) && differs(bytes, source, target, n)) bytes = changed(skb, n, n);
  bytes.copyWithin(target, source, source + n);
}

/** memcpy from the linear area of one sk_buff into that of another. */
export function copyBytes(from: SkBuff, fromOffset: number, to: SkBuff, toOffset: number, n: number): void {
  if (n <= 0) return;
  const source = readable(from, fromOffset, n);
  const target = writable(to, toOffset, n);
  let bytes = to.mem.arena.bytes;
  if (seenByOthers(to) && differs(bytes, source, target, n)) bytes = changed(to, n, n);
  bytes.copyWithin(target, source, source + n);
}

/** Writes bytes from outside. */
export function putBytes(skb: SkBuff, offset: number, from: Uint8Array): void {
  if (from.length === 0) return;
  const target = writable(skb, offset, from.length);
  let bytes = skb.mem.arena.bytes;
  if (seenByOthers(skb)) {
    for (let i = 0; i < from.length; i++) {
      if (bytes[target + i] !== from[i]) {
        bytes = changed(skb, bytes[target + i] as number, from[i] as number);
        break;
      }
    }
  }
  bytes.set(from, target);
}

/** A copy of `n` bytes of the linear area. */
export function bytesAt(skb: SkBuff, offset: number, n: number): Uint8Array {
  const at = readable(skb, offset, n);
  return skb.mem.arena.bytes.slice(at, at + n);
}

/** The arena offset of linear bytes that are about to be summed or copied out, checked for reading. */
export const linearAt = readable;

function differs(bytes: Uint8Array, a: number, b: number, n: number): boolean {
  for (let i = 0; i < n; i++) if (bytes[a + i] !== bytes[b + i]) return true;
  return false;
}

/** Records the change; returns the bytes of the arena, which may have grown while another holder ran. */
function changed(skb: SkBuff, before: number, after: number): Uint8Array {
  const memory: Memory = skb.mem;
  memory.touch();
  if (seenByOthers(skb)) memory.report("shared-write", skb.head.name, "bytes", before, after);
  return memory.arena.bytes;
}
