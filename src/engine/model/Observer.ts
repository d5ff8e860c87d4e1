/**
 * Looking at sk_buffs without touching them: what a run records.
 *
 * Most looks find what the last one found. A view is therefore kept for each sk_buff and given out again as long as
 * nothing it shows has changed; only the first look and the look after a change make a new one.
 */
import type { Memory } from "../../memory/Memory.js";
import type { FragView, LiveCounts, SharedInfoView, SkbView } from "../../recipe/Run.js";
import { HEADER_UNSET, type SkBuff } from "../../skb/SkBuff.js";
import { ByteStore } from "./ByteStore.js";

/** Longest chain that is looked at: a longer one goes in a circle. */
export const CHAIN_LIMIT = 100_000;
/** No packet is longer; a length that has wrapped below zero is not read. */
const READ_LIMIT = 1 << 21;
/** Members of members are not looked at: no list nests deeper on purpose. */
const MEMBER_DEPTH = 2;
const READ_DEPTH = 4;

const NOTHING = new Uint8Array(0);
const NO_FRAGS: readonly FragView[] = [];
const NO_MEMBERS: readonly SkbView[] = [];

export function liveCounts(mem: Memory): LiveCounts {
  return { skbs: mem.skbs, heads: mem.heads, pageRefs: mem.pageRefs };
}

export class Observer {
  private readonly store = new ByteStore();
  private readonly views = new Map<number, SkbView>();

  constructor(private readonly mem: Memory) {}

  /** The sk_buff as it stands, members included. */
  view(skb: SkBuff, depth = 0): SkbView {
    const known = this.views.get(skb.serial);
    const shinfo = this.sharedInfo(skb, depth, known?.shinfo);
    const front = this.front(skb);
    const { linear, bytes } = this.contents(skb, front, known);
    if (known !== undefined && known.shinfo === shinfo && known.linear === linear && sameFields(known, skb)) {
      return known;
    }
    const view = viewWith(skb, shinfo, linear, bytes);
    this.views.set(skb.serial, view);
    return view;
  }

  /** `n` bytes from `offset` behind data, flattened; undefined when they are not all there. */
  bytes(skb: SkBuff, offset: number, n: number): Uint8Array | undefined {
    if (n < 0 || n > READ_LIMIT) return undefined;
    const out = this.store.take(n);
    if (this.gather(skb, offset, n, out, 0, 0) === n) return out;
    this.store.giveBack(out);
    return undefined;
  }

  /** Whether `n` bytes from data on still are what they were. Both undefined counts as unchanged. */
  stillReads(skb: SkBuff, n: number, before: Uint8Array | undefined): Uint8Array | "same" | undefined {
    const now = this.bytes(skb, 0, n);
    if (now === undefined) return before === undefined ? "same" : undefined;
    if (before === undefined || Buffer.compare(now, before) !== 0) return now;
    this.store.giveBack(now);
    return "same";
  }

  /** Bytes to put in front of data so that the copy begins at the MAC header; -1 when the linear area makes no sense. */
  private front(skb: SkBuff): number {
    const start = skb.macHeader === HEADER_UNSET ? skb.data : Math.min(skb.macHeader, skb.data);
    return start < 0 || skb.tail < skb.data || skb.tail > skb.head.size ? -1 : skb.data - start;
  }

  /** Linear bytes and flattened bytes, as two parts of one copy; the known ones when they are the same. */
  private contents(
    skb: SkBuff,
    front: number,
    known: SkbView | undefined,
  ): { linear: Uint8Array; bytes: Uint8Array | undefined } {
    if (front < 0) return known?.linear === NOTHING ? known : { linear: NOTHING, bytes: undefined };
    const linearLen = front + skb.tail - skb.data;
    const wanted = skb.len > READ_LIMIT ? linearLen : Math.max(linearLen, front + skb.len);
    const all = this.store.take(wanted);
    const base = skb.head.base + skb.data - front;
    copy(this.mem.arena.bytes, base, linearLen, all, 0);
    const flat = all.subarray(front, front + Math.min(skb.len, wanted - front));
    const isWhole =
      skb.len <= READ_LIMIT &&
      skb.users > 0 &&
      skb.head.alive &&
      (front + skb.len <= linearLen || this.gather(skb, 0, skb.len, flat, 0, 0) === skb.len);
    if (known !== undefined && (known.bytes !== undefined) === isWhole) {
      const sameLinear = Buffer.compare(all.subarray(0, linearLen), known.linear) === 0;
      if (sameLinear && (!isWhole || Buffer.compare(flat, known.bytes as Uint8Array) === 0)) {
        this.store.giveBack(all);
        return known;
      }
    }
    return { linear: all.subarray(0, linearLen), bytes: isWhole ? flat : undefined };
  }

  private sharedInfo(skb: SkBuff, depth: number, known: SharedInfoView | undefined): SharedInfoView {
    const { shinfo } = skb.head;
    const seen = shinfo.seen();
    let members = NO_MEMBERS;
    if (depth < MEMBER_DEPTH && seen.fragList !== null) {
      const found: SkbView[] = [];
      for (let member = seen.fragList as SkBuff | null; member !== null; member = member.next) {
        found.push(this.view(member, depth + 1));
        if (found.length === CHAIN_LIMIT) break;
      }
      members = found;
    }
    const destructorArg = seen.destructorArg?.serial ?? 0;
    if (
      known !== undefined &&
      known.serial === shinfo.serial &&
      known.dataref === shinfo.datarefSeen &&
      known.gsoSize === seen.gsoSize &&
      known.gsoSegs === seen.gsoSegs &&
      known.gsoType === seen.gsoType &&
      known.flags === seen.flags &&
      known.txFlags === seen.txFlags &&
      known.tskey === seen.tskey &&
      known.metaLen === seen.metaLen &&
      known.destructorArg === destructorArg &&
      known.members.length === members.length &&
      known.members.every((member, i) => member === members[i]) &&
      known.frags.length === seen.frags.length &&
      known.frags.every((frag, i) => {
        const now = seen.frags[i];
        return now?.page.serial === frag.page && now.offset === frag.offset && now.len === frag.len;
      })
    ) {
      return known;
    }
    return {
      serial: shinfo.serial,
      dataref: shinfo.datarefSeen,
      frags:
        seen.frags.length === 0
          ? NO_FRAGS
          : seen.frags.map((frag) => ({ page: frag.page.serial, offset: frag.offset, len: frag.len })),
      members,
      gsoSize: seen.gsoSize,
      gsoSegs: seen.gsoSegs,
      gsoType: seen.gsoType,
      flags: seen.flags,
      txFlags: seen.txFlags,
      tskey: seen.tskey,
      metaLen: seen.metaLen,
      destructorArg,
    };
  }

  /** Copies what there is of `[offset, offset + n)` and returns how far it came without a gap. */
  private gather(skb: SkBuff, offset: number, n: number, out: Uint8Array, at: number, depth: number): number {
    if (depth > READ_DEPTH || skb.users <= 0 || !skb.head.alive) return 0;
    const { bytes } = this.mem.arena;
    const linear = skb.tail - skb.data;
    if (skb.data < 0 || linear < 0 || skb.tail > skb.head.size) return 0;
    let done = 0;
    let start = linear;
    if (offset < start) {
      const from = skb.head.base + skb.data + offset;
      done = Math.min(start - offset, n);
      copy(bytes, from, done, out, at);
    }
    const seen = skb.head.shinfo.seen();
    for (const frag of seen.frags) {
      if (done === n) return done;
      const inside = offset + done - start;
      if (inside >= 0 && inside < frag.len) {
        if (frag.page.refs <= 0) return done;
        const count = Math.min(frag.len - inside, n - done);
        const from = frag.page.base + frag.offset + inside;
        copy(bytes, from, count, out, at + done);
        done += count;
      }
      start += frag.len;
    }
    let members = 0;
    for (let member = seen.fragList; member !== null && done < n && members < CHAIN_LIMIT; member = member.next) {
      members++;
      const inside = offset + done - start;
      if (inside >= 0 && inside < member.len) {
        const wanted = Math.min(member.len - inside, n - done);
        const got = this.gather(member, inside, wanted, out, at + done, depth + 1);
        done += got;
        if (got !== wanted) return done;
      }
      start += member.len;
    }
    return done;
  }
}

/** A view costs as much as fifty bytes copied one by one. */
const SHORT = 48;

function copy(from: Uint8Array, start: number, n: number, to: Uint8Array, at: number): void {
  if (n > SHORT) to.set(from.subarray(start, start + n), at);
  else for (let i = 0; i < n; i++) to[at + i] = from[start + i] as number;
}

function sameFields(view: SkbView, skb: SkBuff): boolean {
  return (
    view.users === skb.users &&
    view.head === skb.head.serial &&
    view.len === skb.len &&
    view.dataLen === skb.dataLen &&
    view.data === skb.data &&
    view.tail === skb.tail &&
    view.end === skb.end &&
    view.next === (skb.next?.serial ?? 0) &&
    view.prev === (skb.prev?.serial ?? 0) &&
    view.macLen === skb.macLen &&
    view.hdrLen === skb.hdrLen &&
    view.macHeader === skb.macHeader &&
    view.networkHeader === skb.networkHeader &&
    view.transportHeader === skb.transportHeader &&
    view.innerMacHeader === skb.innerMacHeader &&
    view.innerNetworkHeader === skb.innerNetworkHeader &&
    view.innerTransportHeader === skb.innerTransportHeader &&
    view.protocol === skb.protocol &&
    view.ipSummed === skb.ipSummed &&
    view.csum === skb.csum &&
    view.csumLevel === skb.csumLevel &&
    view.csumValid === skb.csumValid &&
    view.encapsulation === skb.encapsulation &&
    view.remcsumOffload === skb.remcsumOffload &&
    view.cloned === skb.cloned &&
    view.nohdr === skb.nohdr &&
    view.headFrag === skb.headFrag &&
    view.slowGro === skb.slowGro &&
    view.pktType === skb.pktType &&
    view.priority === skb.priority &&
    view.mark === skb.mark &&
    view.hash === skb.hash &&
    view.vlanProto === skb.vlanProto &&
    view.vlanTci === skb.vlanTci &&
    view.truesize === skb.truesize &&
    view.sk === (skb.sk?.name ?? "") &&
    view.destructor === skb.destructor &&
    view.dst === (skb.dst?.serial ?? 0) &&
    view.conntrack === (skb.nfct?.serial ?? 0) &&
    view.extensions === (skb.extensions?.serial ?? 0)
  );
}

function viewWith(skb: SkBuff, shinfo: SharedInfoView, linear: Uint8Array, bytes: Uint8Array | undefined): SkbView {
  return {
    serial: skb.serial,
    head: skb.head.serial,
    users: skb.users,
    next: skb.next?.serial ?? 0,
    prev: skb.prev?.serial ?? 0,
    len: skb.len,
    dataLen: skb.dataLen,
    data: skb.data,
    tail: skb.tail,
    end: skb.end,
    macLen: skb.macLen,
    hdrLen: skb.hdrLen,
    macHeader: skb.macHeader,
    networkHeader: skb.networkHeader,
    transportHeader: skb.transportHeader,
    innerMacHeader: skb.innerMacHeader,
    innerNetworkHeader: skb.innerNetworkHeader,
    innerTransportHeader: skb.innerTransportHeader,
    protocol: skb.protocol,
    ipSummed: skb.ipSummed,
    csum: skb.csum,
    csumStart: skb.csumStart,
    csumOffset: skb.csumOffset,
    csumLevel: skb.csumLevel,
    csumValid: skb.csumValid,
    encapsulation: skb.encapsulation,
    remcsumOffload: skb.remcsumOffload,
    cloned: skb.cloned,
    nohdr: skb.nohdr,
    headFrag: skb.headFrag,
    slowGro: skb.slowGro,
    pktType: skb.pktType,
    priority: skb.priority,
    mark: skb.mark,
    hash: skb.hash,
    vlanProto: skb.vlanProto,
    vlanTci: skb.vlanTci,
    truesize: skb.truesize,
    sk: skb.sk?.name ?? "",
    destructor: skb.destructor,
    dst: skb.dst?.serial ?? 0,
    conntrack: skb.nfct?.serial ?? 0,
    extensions: skb.extensions?.serial ?? 0,
    shinfo,
    linear,
    bytes,
  };
}
