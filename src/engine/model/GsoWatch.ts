/** Watches every segmentation through the kernel's tracepoint: the packet before, the segments, the packet after. */

import type { Memory } from "../../memory/Memory.js";
import type { GsoTracepoint, Segments } from "../../net/NetKernel.js";
import type { LiveCounts, SegmentationCall, SkbView } from "../../recipe/Run.js";
import { errnoName } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import type { Sock } from "../../skb/Sock.js";
import { CHAIN_LIMIT, liveCounts, type Observer } from "./Observer.js";

interface Open {
  readonly holder: number;
  readonly features: number;
  readonly txPath: boolean;
  readonly input: SkbView;
  readonly wmemBefore: number;
  readonly liveBefore: LiveCounts;
  readonly failuresBefore: number;
  readonly iterationsBefore: number;
  interrupted: boolean;
  /** Iterations of calls that were made while this one was under way. */
  iterationsInside: number;
}

export class GsoWatch implements GsoTracepoint {
  readonly calls: SegmentationCall[] = [];
  private readonly open: Open[] = [];

  constructor(
    private readonly mem: Memory,
    private readonly sender: Sock,
    private readonly observer: Observer,
  ) {}

  enter(skb: SkBuff, features: number, txPath: boolean): void {
    const { mem } = this;
    this.open.push({
      holder: mem.actor,
      features,
      txPath,
      input: this.observer.view(skb),
      wmemBefore: this.sender.wmemAlloc,
      liveBefore: liveCounts(mem),
      failuresBefore: mem.injectedFailures,
      iterationsBefore: mem.iterations,
      interrupted: false,
      iterationsInside: 0,
    });
    mem.onStep?.(`__skb_gso_segment(${skb.name}): ${skb.len} bytes, gso_size ${skb.head.shinfo.seen().gsoSize}`);
  }

  exit(skb: SkBuff, result: Segments): void {
    const segments: SkbView[] = [];
    let chain: SegmentationCall["chain"] = "ends";
    let lastByPrev = 0;
    if (result !== null && typeof result !== "number") {
      const seen = new Set<SkBuff>();
      lastByPrev = result.prev?.serial ?? 0;
      for (let seg: SkBuff | null = result; seg !== null && segments.length < CHAIN_LIMIT; seg = seg.next) {
        if (seen.has(seg)) {
          chain = "cyclic";
          break;
        }
        seen.add(seg);
        segments.push(this.observer.view(seg));
      }
    }
    this.close({
      result: result === null ? "whole" : typeof result === "number" ? "error" : "list",
      errno: typeof result === "number" ? errnoName(result) : "",
      segments,
      chain,
      lastByPrev,
      after: this.observer.view(skb),
      listPath: result === skb,
    });
  }

  /** Another holder is about to run in the middle of the calls that are open. */
  interrupted(): void {
    for (const one of this.open) one.interrupted = true;
  }

  /** How many calls are open: where a fault will have to cut back to. */
  get depth(): number {
    return this.open.length;
  }

  /** The holder's work was ended by a fault: its open calls never return. */
  faulted(depth: number): void {
    while (this.open.length > depth) {
      this.close({
        result: "faulted",
        errno: "",
        segments: [],
        chain: "ends",
        lastByPrev: 0,
        after: undefined,
        listPath: false,
      });
    }
  }

  private close(
    end: Pick<SegmentationCall, "result" | "errno" | "segments" | "chain" | "lastByPrev" | "after" | "listPath">,
  ): void {
    const begun = this.open.pop() as Open;
    const { mem } = this;
    const iterations = mem.iterations - begun.iterationsBefore;
    const outer = this.open.at(-1);
    if (outer !== undefined) outer.iterationsInside += iterations;
    this.calls.push({
      holder: begun.holder,
      features: begun.features,
      txPath: begun.txPath,
      input: begun.input,
      ...end,
      interrupted: begun.interrupted,
      injectedFailures: mem.injectedFailures - begun.failuresBefore,
      wmemBefore: begun.wmemBefore,
      wmemAfter: this.sender.wmemAlloc,
      liveBefore: begun.liveBefore,
      liveAfter: liveCounts(mem),
      iterations: iterations - begun.iterationsInside,
    });
  }
}
