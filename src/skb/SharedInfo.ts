/**
 * `struct skb_shared_info`: what all clones of a packet share besides the bytes.
 *
 * Every read and write of a field goes through an accessor here. While others share it, each access is a touch: it is
 * counted, another holder may run before it takes effect, and two holders at one field of which one writes are a race.
 * A write that changes a value which others can see is recorded with its place; the write is then done, so that its
 * effect on the siblings shows.
 *
 * @kernel struct skb_shared_info include/linux/skbuff.h
 */
import { type Memory, SETUP } from "../memory/Memory.js";
import { captureSite, type Site } from "../memory/site.js";
import type { Head } from "./Head.js";
import type { Frag } from "./Page.js";
import type { SkBuff } from "./SkBuff.js";
import type { ZerocopyOwner } from "./ZerocopyOwner.js";

export const SKB_DATAREF_SHIFT = 16;
export const SKB_DATAREF_MASK = 0xffff;

export const SKBFL_ZEROCOPY_ENABLE = 1;
export const SKBFL_SHARED_FRAG = 2;
export const SKBFL_PURE_ZEROCOPY = 4;
export const SKBFL_DONT_ORPHAN = 8;
export const SKBFL_MANAGED_FRAG_REFS = 16;
export const SKBFL_ALL_ZEROCOPY = 31;

export const SKBTX_ANY_TSTAMP = 1 + 2 + 8 + 64;

const FIELDS = [
  "flags",
  "meta_len",
  "nr_frags",
  "tx_flags",
  "gso_size",
  "gso_segs",
  "frag_list",
  "gso_type",
  "tskey",
  "destructor_arg",
] as const;
const FLAGS = 0;
const META_LEN = 1;
const FRAGS = 2;
const TX_FLAGS = 3;
const GSO_SIZE = 4;
const GSO_SEGS = 5;
const FRAG_LIST = 6;
const GSO_TYPE = 7;
const TSKEY = 8;
const DESTRUCTOR_ARG = 9;

/** Bits 0..7 of a touch record: holders that read the field; bits 8..15: holders that changed it. */
const WROTE = 8;

const NO_FRAGS: readonly Frag[] = [];

export class SharedInfo {
  readonly serial: number;
  /** Low half: all references; high half: payload-only references. Atomic, so touching it is no race. */
  private references = 1;
  private flagBits = 0;
  private metaLength = 0;
  private fragments: readonly Frag[] = NO_FRAGS;
  private txFlagBits = 0;
  private size = 0;
  private segs = 0;
  private list: SkBuff | null = null;
  private type = 0;
  private key = 0;
  private owner: ZerocopyOwner | null = null;
  private record: Uint16Array | undefined;
  /** Where each field was last changed while shared. */
  private changedAt: Site[] = [];

  constructor(
    private readonly mem: Memory,
    private readonly head: Head,
  ) {
    this.serial = head.serial;
  }

  get name(): string {
    return `shinfo#${this.serial}`;
  }

  /** Whether anybody else refers to it: only then can an access be seen from outside. */
  get isShared(): boolean {
    return (this.references & SKB_DATAREF_MASK) !== 1;
  }

  /** Both halves as one number, without touching: for observers. */
  get datarefSeen(): number {
    return this.references >>> 0;
  }

  /** @kernel atomic_read(&shinfo->dataref) */
  get dataref(): number {
    if (!this.head.alive) throw this.mem.invalid("use-after-free", this.name, "dataref");
    if (this.isShared) this.mem.touch();
    return this.references >>> 0;
  }

  /** Adds to the count as one atomic step and returns the new value. */
  addDataref(amount: number): number {
    if (!this.head.alive) throw this.mem.invalid("use-after-free", this.name, "dataref");
    if (this.isShared) this.mem.touch();
    this.references += amount;
    return this.references >>> 0;
  }

  /**
   * Drops `bias` as one atomic step and says whether that was the last reference. The last user leaves the counter as
   * it found it.
   */
  dropDataref(bias: number): boolean {
    if (!this.head.alive) throw this.mem.invalid("use-after-free", this.name, "dataref");
    if (this.isShared) this.mem.touch();
    if (this.references === bias) return true;
    this.references -= bias;
    if (this.references < 0) throw this.mem.invalid("refcount-underflow", this.name, "dataref");
    return false;
  }

  /** A store of both halves at once. */
  setDataref(value: number): void {
    if (!this.head.alive) throw this.mem.invalid("use-after-free", this.name, "dataref");
    if (this.isShared) this.mem.touch();
    this.references = value;
  }

  get flags(): number {
    this.reads(FLAGS);
    return this.flagBits;
  }
  set flags(value: number) {
    this.writes(FLAGS, this.flagBits, value);
    this.flagBits = value;
  }

  get metaLen(): number {
    this.reads(META_LEN);
    return this.metaLength;
  }
  set metaLen(value: number) {
    this.writes(META_LEN, this.metaLength, value);
    this.metaLength = value;
  }

  get nrFrags(): number {
    this.reads(FRAGS);
    return this.fragments.length;
  }

  /** The page fragments. The array is replaced as a whole; `fragsChangedTo` is the only way to change it. */
  get frags(): readonly Frag[] {
    this.reads(FRAGS);
    return this.fragments;
  }

  fragsChangedTo(frags: readonly Frag[]): void {
    this.writes(FRAGS, this.fragments.length, frags === this.fragments ? frags.length : -1);
    this.fragments = frags;
  }

  get txFlags(): number {
    this.reads(TX_FLAGS);
    return this.txFlagBits;
  }
  set txFlags(value: number) {
    this.writes(TX_FLAGS, this.txFlagBits, value);
    this.txFlagBits = value;
  }

  get gsoSize(): number {
    this.reads(GSO_SIZE);
    return this.size;
  }
  set gsoSize(value: number) {
    this.writes(GSO_SIZE, this.size, value);
    this.size = value & 0xffff;
  }

  get gsoSegs(): number {
    this.reads(GSO_SEGS);
    return this.segs;
  }
  set gsoSegs(value: number) {
    this.writes(GSO_SEGS, this.segs, value);
    this.segs = value & 0xffff;
  }

  get fragList(): SkBuff | null {
    this.reads(FRAG_LIST);
    return this.list;
  }
  set fragList(value: SkBuff | null) {
    this.writes(FRAG_LIST, this.list?.serial ?? 0, value?.serial ?? 0);
    this.list = value;
  }

  get gsoType(): number {
    this.reads(GSO_TYPE);
    return this.type;
  }
  set gsoType(value: number) {
    this.writes(GSO_TYPE, this.type, value);
    this.type = value;
  }

  get tskey(): number {
    this.reads(TSKEY);
    return this.key;
  }
  set tskey(value: number) {
    this.writes(TSKEY, this.key, value);
    this.key = value >>> 0;
  }

  /** The zero-copy owner. */
  get destructorArg(): ZerocopyOwner | null {
    this.reads(DESTRUCTOR_ARG);
    return this.owner;
  }
  set destructorArg(value: ZerocopyOwner | null) {
    this.writes(DESTRUCTOR_ARG, this.owner?.serial ?? 0, value?.serial ?? 0);
    this.owner = value;
  }

  /** Everything as it stands, without touching: for observers. */
  seen() {
    return {
      flags: this.flagBits,
      metaLen: this.metaLength,
      frags: this.fragments,
      txFlags: this.txFlagBits,
      gsoSize: this.size,
      gsoSegs: this.segs,
      fragList: this.list,
      gsoType: this.type,
      tskey: this.key,
      destructorArg: this.owner,
    };
  }

  /** memcpy of a shared info into a fresh one; dataref is the copy's own. */
  copyFrom(other: SharedInfo): void {
    this.flagBits = other.flags;
    this.metaLength = other.metaLen;
    this.fragments = other.frags;
    this.txFlagBits = other.txFlags;
    this.size = other.gsoSize;
    this.segs = other.gsoSegs;
    this.list = other.fragList;
    this.type = other.gsoType;
    this.key = other.tskey;
    this.owner = other.destructorArg;
  }

  private reads(field: number): void {
    if (!this.head.alive) throw this.mem.invalid("use-after-free", this.name, FIELDS[field] as string);
    if ((this.references & SKB_DATAREF_MASK) === 1) return;
    this.mem.touch();
    // The switch may have ended the sharing, or the life.
    if (!this.head.alive) throw this.mem.invalid("use-after-free", this.name, FIELDS[field] as string);
    if (this.isShared) this.remember(field, false);
  }

  private writes(field: number, before: number, after: number): void {
    if (!this.head.alive) throw this.mem.invalid("use-after-free", this.name, FIELDS[field] as string);
    if ((this.references & SKB_DATAREF_MASK) === 1) return;
    this.mem.touch();
    if (!this.head.alive) throw this.mem.invalid("use-after-free", this.name, FIELDS[field] as string);
    if (!this.isShared || before === after) return;
    this.changedAt[field] = captureSite();
    this.mem.report("shared-write", this.name, FIELDS[field] as string, before, after, SETUP, this.changedAt[field]);
    this.remember(field, true);
  }

  private remember(field: number, write: boolean): void {
    const holder = this.mem.actor;
    if (holder < 0) return;
    this.record ??= new Uint16Array(FIELDS.length);
    const touched = this.record[field] as number;
    const mine = 1 << holder;
    const rivals = (write ? (touched | (touched >> WROTE)) & 0xff : touched >> WROTE) & ~mine;
    this.record[field] = touched | (write ? mine << WROTE : mine);
    if (rivals !== 0) {
      const other = 31 - Math.clz32(rivals);
      this.mem.report("race", this.name, FIELDS[field] as string, 0, 0, other, this.changedAt[field]);
    }
  }
}
