/**
 * The memory of one run: buffers, serial numbers, the allocation schedule, and the record of everything that was wrong.
 *
 * It knows nothing of packets. The classes of `skb` report to it: each object's birth and death, each touch of
 * something shared. A write to a shared thing is recorded and the run goes on, so that what it does to the siblings is
 * seen too; invalid memory ends the holder's work.
 */
import { Arena } from "./Arena.js";
import { KernelFault } from "./fault.js";
import { captureSite, type Site } from "./site.js";

export type ReportKind =
  | "use-after-free"
  | "out-of-bounds"
  | "refcount-underflow"
  | "double-free"
  | "shared-write"
  | "race"
  | "leak";

export interface MemoryReport {
  readonly kind: ReportKind;
  readonly object: string;
  readonly field: string;
  readonly holder: number;
  readonly site: Site;
  readonly before: number;
  readonly after: number;
  readonly other: number;
}

export interface MemoryWarning {
  readonly kind: "WARN" | "DBGWARN";
  readonly id: string;
  readonly holder: number;
  readonly site: Site;
}

/** @kernel KMALLOC_MAX_SIZE include/linux/slab.h */
const KMALLOC_MAX_SIZE = 1 << 22;

/** Nobody's turn: the packet is being set up or taken down. */
export const SETUP = -1;

export class Memory {
  readonly arena: Arena;
  /** The holder whose step is under way, or SETUP. */
  actor = SETUP;
  readonly reports: MemoryReport[] = [];
  readonly warnings: MemoryWarning[] = [];
  /** Allocations since the holders started, and how many of them were made to fail. */
  allocations = 0;
  injectedFailures = 0;
  /** Objects alive. */
  skbs = 0;
  heads = 0;
  pageRefs = 0;
  /** Iterations of segmentation loops. */
  iterations = 0;
  /** Per holder, touches of shared infos that others share. */
  readonly touches: number[] = [];
  /** Called before a touch takes effect, with the holder and the number of its touch. */
  onTouch: ((holder: number, touch: number) => void) | undefined;
  /** How many bytes an allocation of so many really gets: the allocator in force. */
  rounding: (size: number) => number = (size) => size;
  /** Told every step worth showing, when a trace is wanted. */
  onStep: ((text: string) => void) | undefined;

  private serials = 0;
  private counting = false;
  private readonly failing = new Set<number>();
  private readonly reported = new Set<string>();

  constructor(arena: Arena = new Arena()) {
    this.arena = arena;
    arena.reset();
  }

  nextSerial(): number {
    return ++this.serials;
  }

  /** From here on allocations are counted, and the i-th ones given here fail. */
  startCounting(failures: readonly number[]): void {
    this.counting = true;
    for (const i of failures) this.failing.add(i);
  }

  /** No allocation fails any more: the run is being taken down. */
  stopCounting(): void {
    this.counting = false;
  }

  /** Whether the allocation that is being asked for succeeds; one of more bytes than any allocator has never does. */
  mayAllocate(size = 0): boolean {
    if (size < 0 || size > KMALLOC_MAX_SIZE) return false;
    if (!this.counting) return true;
    this.allocations++;
    if (this.failing.size === 0 || !this.failing.has(this.allocations)) return true;
    this.injectedFailures++;
    this.step("an allocation is made to fail");
    return false;
  }

  step(text: string): void {
    this.onStep?.(text);
  }

  /** Counts a touch of something that others share; another holder may run before this returns. */
  touch(): void {
    const holder = this.actor;
    if (holder === SETUP) return;
    const touch = (this.touches[holder] ?? 0) + 1;
    this.touches[holder] = touch;
    this.onTouch?.(holder, touch);
  }

  /** Records a report; the same kind at the same field and place counts once. */
  report(
    kind: ReportKind,
    object: string,
    field: string,
    before = 0,
    after = 0,
    other = SETUP,
    site: Site = captureSite(),
  ): void {
    const key = `${kind}|${object}|${field}|${this.actor}|${other}|${site[0]}`;
    if (this.reported.has(key)) return;
    this.reported.add(key);
    this.reports.push({ kind, object, field, holder: this.actor, site, before, after, other });
    this.step(`${kind}: ${field} of ${object}${site[0] ? ` in ${site[0]}` : ""}`);
  }

  /** Records invalid memory and ends the work of the holder that runs. */
  invalid(kind: ReportKind, object: string, field: string): KernelFault {
    this.report(kind, object, field);
    return new KernelFault("MEMORY", kind);
  }

  warn(kind: "WARN" | "DBGWARN", id: string): void {
    this.warnings.push({ kind, id, holder: this.actor, site: captureSite() });
  }
}
