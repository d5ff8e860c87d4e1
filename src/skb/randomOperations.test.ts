import { describe, expect, test } from "vitest";
import { csumFold, csumPartial } from "../bytes/checksum.js";
import { skbClone } from "./clone.js";
import { pskbCopy, skbCopy } from "./copy.js";
import { pskbExpandHead, skbCowHead, skbUnclone } from "./expand.js";
import { kfreeSkb } from "./free.js";
import { pskbMayPull, pskbPull, skbEnsureWritable, skbLinearize } from "./pullTail.js";
import { skbChecksum } from "./read.js";
import type { SkBuff } from "./SkBuff.js";
import { alive, brokenRules, flatten, makeMemory, makeSkb, payload, type Shape } from "./testing/make.js";
import { pskbTrim } from "./trim.js";

/** A small generator (mulberry32), so that each seed is one sequence for ever. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function drawShape(draw: (below: number) => number, depth = 0): Shape {
  const list = (most: number) => Array.from({ length: draw(most + 1) });
  return {
    headroom: draw(3) * 20,
    linear: draw(24),
    tailroom: draw(2) * draw(60),
    headFrag: draw(4) === 0,
    frags: list(3).map(() => 1 + draw(15)),
    members: depth < 2 ? list(3 - depth).map(() => drawShape(draw, depth + 1)) : [],
  };
}

/** One packet and what its bytes must be, as plain bytes: the slow model. */
interface Held {
  readonly skb: SkBuff;
  bytes: Uint8Array;
}

const OPERATIONS: ((held: Held, draw: (below: number) => number) => SkBuff | null | undefined)[] = [
  ({ skb }) => skbClone(skb),
  ({ skb }, draw) => (draw(2) === 0 ? skbCopy(skb) : pskbCopy(skb, skb.headroom)),
  (held, draw) => {
    const n = draw(held.skb.len + 3);
    const fits = n <= held.bytes.length;
    if (pskbPull(held.skb, n)) held.bytes = held.bytes.slice(n);
    else if (fits && held.skb.mem.injectedFailures === 0) throw new Error(`cannot pull ${n}`);
    return undefined;
  },
  ({ skb }, draw) => void pskbMayPull(skb, draw(skb.len + 1)),
  (held, draw) => {
    const len = draw(held.skb.len + 1);
    if (pskbTrim(held.skb, len) === 0) held.bytes = held.bytes.slice(0, len);
    return undefined;
  },
  ({ skb }, draw) => void pskbExpandHead(skb, draw(40), draw(40)),
  ({ skb }) => void skbUnclone(skb),
  ({ skb }, draw) => void skbCowHead(skb, draw(90)),
  ({ skb }, draw) => void skbEnsureWritable(skb, draw(skb.len + 1)),
  ({ skb }, draw) => void (draw(4) === 0 && skbLinearize(skb)),
];

/** A random life of a packet and its clones. Says what was wrong first, judging every state; empty when nothing was. */
function wrongIn(seed: number, failures: readonly number[] = []): string {
  const draw = numbers(seed);
  const mem = makeMemory(draw(2) === 0 ? "identity" : "kmalloc612");
  const first = makeSkb(mem, drawShape(draw));
  const held: Held[] = [{ skb: first, bytes: payload(first.len) }];
  mem.startCounting(failures);
  for (let step = 0; step < 30 && held.length > 0; step++) {
    const at = draw(held.length);
    const one = held[at] as Held;
    if (draw(8) === 0) {
      kfreeSkb(one.skb);
      held.splice(at, 1);
    } else {
      const made = OPERATIONS[draw(OPERATIONS.length)]?.(one, draw);
      if (made) held.push({ skb: made, bytes: one.bytes });
    }
    const broken = brokenRules(held.map(({ skb }) => skb));
    if (broken.length > 0) return `seed ${seed}, step ${step}: ${broken.join("; ")}`;
    for (const { skb, bytes } of held) {
      if (Buffer.compare(flatten(skb), bytes) !== 0) return `seed ${seed}, step ${step}: bytes of ${skb.name}`;
      const sum = csumFold(skbChecksum(skb, 0, skb.len, 0));
      if (sum !== csumFold(csumPartial(bytes, 0, bytes.length, 0))) return `seed ${seed}, step ${step}: sum`;
    }
  }
  for (const { skb } of held) kfreeSkb(skb);
  const { skbs, heads, pageRefs } = alive(mem);
  if (skbs + heads + pageRefs !== 0) return `seed ${seed}: ${skbs} skbs, ${heads} heads, ${pageRefs} pages left`;
  return mem.reports.map((one) => `seed ${seed}: ${one.kind} ${one.field}`).join("; ");
}

const SEEDS = Array.from({ length: 300 }, (_, i) => i + 1);

describe("random lives of a packet and its clones", () => {
  test("keep every holder's bytes, a sound state, and a ledger that balances", () => {
    expect(SEEDS.map((seed) => wrongIn(seed)).filter((wrong) => wrong !== "")).toEqual([]);
  });

  test("do so with an allocation that fails on the way", () => {
    expect(SEEDS.map((seed) => wrongIn(seed, [1 + (seed % 12)])).filter((wrong) => wrong !== "")).toEqual([]);
  });
});
