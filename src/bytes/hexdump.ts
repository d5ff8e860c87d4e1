/** Bytes as text for people, and back. */
import { firstDifference } from "./diff.js";

const ROW = 16;
/** Bytes shown on each side of a difference. */
const SHOWN = 8;

/** Two lower-case digits a byte. Beyond `max` bytes the rest is only counted: `4500…(+26)`. */
export function hex(bytes: Uint8Array, max = Number.POSITIVE_INFINITY): string {
  const shown = Math.min(bytes.length, max);
  const digits = Buffer.from(bytes.buffer, bytes.byteOffset, shown).toString("hex");
  return shown < bytes.length ? `${digits}…(+${bytes.length - shown})` : digits;
}

/** The bytes written in `text`, two digits each; white space may stand anywhere. Throws an Error that names the place. */
export function fromHex(text: string): Uint8Array {
  const bytes: number[] = [];
  let high = -1;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]!;
    if (/\s/.test(character)) continue;
    if (!/[0-9a-fA-F]/.test(character)) {
      throw new Error(`hex text: expected a digit at position ${i}, found ${JSON.stringify(character)}`);
    }
    const digit = Number.parseInt(character, 16);
    if (high < 0) {
      high = digit;
    } else {
      bytes.push(high * 16 + digit);
      high = -1;
    }
  }
  if (high >= 0) throw new Error(`hex text: expected a second digit at position ${text.length}, found the end`);
  return Uint8Array.from(bytes);
}

/** Sixteen bytes a line: offset, digits, printable characters. */
export function hexdump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = [...bytes.subarray(at, at + ROW)];
    const digits = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const characters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${digits.padEnd(3 * ROW - 1)}  ${characters}`);
  }
  return lines.join("\n");
}

/** One line on where two byte arrays part: `at byte 16: expected 001c.. got 001d..`. */
export function describeDifference(expected: Uint8Array, received: Uint8Array): string {
  const at = firstDifference(expected, received);
  if (at === -1) return `equal, ${expected.length} bytes`;
  const lengths = expected.length === received.length ? "" : ` (lengths ${expected.length} and ${received.length})`;
  return `at byte ${at}: expected ${excerpt(expected, at)} got ${excerpt(received, at)}${lengths}`;
}

function excerpt(bytes: Uint8Array, at: number): string {
  if (at >= bytes.length) return "the end";
  const digits = hex(bytes.subarray(at, at + SHOWN));
  return at + SHOWN < bytes.length ? `${digits}..` : digits;
}
