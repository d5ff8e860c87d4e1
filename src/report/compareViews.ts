/** Two views of one sk_buff side by side: which fields changed in between. */

import { gsoTypeNames } from "../abi/features.js";
import type { SkbView } from "../recipe/Run.js";
import { table } from "./table.js";

export interface FieldPair {
  /** Dotted path in the kernel's names: `shinfo.gsoSize`, `skb#2.len` for a member. */
  readonly field: string;
  readonly before: string;
  readonly after: string;
  readonly changed: boolean;
}

/** Shown even when they did not change: without them the rest cannot be placed. */
const ALWAYS = new Set(["len", "dataLen", "shinfo.dataref", "shinfo.gsoSize", "shinfo.gsoType", "shinfo.members"]);

/** The changed fields and the few that are always shown, in the order of the view. */
export function compareViews(before: SkbView, after: SkbView): FieldPair[] {
  const left = flatten(before);
  const right = flatten(after);
  const pairs: FieldPair[] = [];
  for (const [field, was] of left) {
    const is = right.get(field);
    // A member or fragment of one side only: the list's own line says that it came or went.
    if (is === undefined) continue;
    const changed = was !== is;
    if (changed && isBytes(was) && isBytes(is)) pairs.push({ field, ...firstDifference(was, is), changed });
    else if (changed || ALWAYS.has(field)) pairs.push({ field, before: word(was), after: word(is), changed });
  }
  return pairs;
}

/** The pairs as lines: a changed field starts with `!`. */
export function drawPairs(pairs: readonly FieldPair[], mark: (text: string) => string): string[] {
  const rows = pairs.map((pair) => [
    pair.changed ? "!" : " ",
    pair.field,
    pair.before,
    pair.changed ? `-> ${pair.after}` : "",
  ]);
  return table(rows).map((line) => (line.startsWith("!") ? mark(line) : line));
}

const isBytes = (value: string): boolean => value.startsWith("bytes ");
const word = (value: string): string => (isBytes(value) ? `${(value.length - "bytes ".length) / 2} bytes` : value);

/** Every scalar by its path. A list of members appears as serials, and each member by its own: `skb#2.len`. */
function flatten(view: SkbView): Map<string, string> {
  const out = new Map<string, string>();
  const visit = (path: string, value: unknown): void => {
    if (value instanceof Uint8Array) {
      out.set(path, `bytes ${Buffer.from(value).toString("hex")}`);
    } else if (Array.isArray(value)) {
      out.set(path, `[${value.map(nameOf).join(" ")}]`);
      value.forEach((item, i) => {
        const { serial } = item as { serial?: number };
        visit(serial === undefined ? `${path}[${i}]` : `skb#${serial}`, item);
      });
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        visit(path === "" ? key : `${path}.${key}`, key === "gsoType" ? gsoTypeNames(inner) : inner);
      }
    } else {
      out.set(path, value === undefined ? "(unreadable)" : String(value));
    }
  };
  visit("", view);
  return out;
}

function nameOf(item: unknown): string {
  const { serial, page } = item as { serial?: number; page?: number };
  if (serial !== undefined) return `skb#${serial}`;
  return page === undefined ? String(item) : `page#${page}`;
}

function firstDifference(was: string, is: string): { before: string; after: string } {
  const a = was.slice("bytes ".length);
  const b = is.slice("bytes ".length);
  let i = 0;
  while (i < a.length && i < b.length && a.slice(i, i + 2) === b.slice(i, i + 2)) i += 2;
  const excerpt = (hex: string) => `${hex.length / 2} bytes, at ${i / 2}: ${hex.slice(i, i + 16) || "(end)"}`;
  return { before: excerpt(a), after: excerpt(b) };
}
