/** Looking at sk_buffs without touching them: what a run records. */

import type { Memory } from "../../memory/Memory.js";
import type { FragView, LiveCounts, SharedInfoView, SkbView } from "../../recipe/Run.js";
import { HEADER_UNSET, type SkBuff } from "../../skb/SkBuff.js";

const NOTHING = new Uint8Array(0);
/** Longest chain that is looked at: a longer one goes in a circle. */
export const CHAIN_LIMIT = 100_000;
/** No packet is longer; a length that has wrapped below zero is not read. */
const READ_LIMIT = 1 << 21;

export function liveCounts(mem: Memory): LiveCounts {
  return { skbs: mem.skbs, heads: mem.heads, pageRefs: mem.pageRefs };
}

/** The sk_buff as it stands, members included. */
export function viewOf(skb: SkBuff, depth = 0): SkbView {
  const linear = linearOf(skb);
  const flat = depth === 0 || skb.isNonlinear ? undefined : memberLinear(skb);
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
    shinfo: shinfoView(skb, depth),
    linear,
    bytes: flat ?? bytesOf(skb, 0, skb.len),
  };
}

const memberLinear = (skb: SkBuff): Uint8Array | undefined => bytesOf(skb, 0, skb.len);

function shinfoView(skb: SkBuff, depth: number): SharedInfoView {
  const { shinfo } = skb.head;
  const seen = shinfo.seen();
  const members: SkbView[] = [];
  if (depth < 2) {
    for (let member = seen.fragList; member !== null && members.length < CHAIN_LIMIT; member = member.next) {
      members.push(viewOf(member, depth + 1));
    }
  }
  const frags: FragView[] = seen.frags.map((frag) => ({ page: frag.page.serial, offset: frag.offset, len: frag.len }));
  return {
    serial: shinfo.serial,
    dataref: shinfo.datarefSeen,
    frags,
    members,
    gsoSize: seen.gsoSize,
    gsoSegs: seen.gsoSegs,
    gsoType: seen.gsoType,
    flags: seen.flags,
    txFlags: seen.txFlags,
    tskey: seen.tskey,
    metaLen: seen.metaLen,
    destructorArg: seen.destructorArg?.serial ?? 0,
  };
}

function linearOf(skb: SkBuff): Uint8Array {
  const start = skb.macHeader === HEADER_UNSET ? skb.data : Math.min(skb.macHeader, skb.data);
  if (start < 0 || skb.tail < start || skb.tail > skb.head.size) return NOTHING;
  const base = skb.head.base;
  return skb.mem.arena.bytes.slice(base + start, base + skb.tail);
}

/**
 * `n` bytes from `offset` behind data, flattened, read as a dump would read them: nothing is counted and nothing
 * reported. Undefined when they are not all there.
 */
export function bytesOf(skb: SkBuff, offset: number, n: number): Uint8Array | undefined {
  if (n < 0 || n > READ_LIMIT) return undefined;
  const out = new Uint8Array(n);
  return gather(skb, offset, n, out, 0, 0) === n ? out : undefined;
}

/** Copies what there is of `[offset, offset + n)` and returns how far it came without a gap. */
function gather(skb: SkBuff, offset: number, n: number, out: Uint8Array, at: number, depth: number): number {
  if (depth > 4 || skb.users <= 0 || !skb.head.alive) return 0;
  const { bytes } = skb.mem.arena;
  const seen = skb.head.shinfo.seen();
  let done = 0;
  const take = (from: number, available: number): void => {
    const count = Math.min(available, n - done);
    if (count <= 0) return;
    out.set(bytes.subarray(from, from + count), at + done);
    done += count;
  };
  const linear = skb.tail - skb.data;
  if (skb.data < 0 || linear < 0 || skb.tail > skb.head.size) return 0;
  let start = linear;
  if (offset < start) take(skb.head.base + skb.data + offset, start - offset);
  for (const frag of seen.frags) {
    if (done === n) return done;
    const inside = offset + done - start;
    if (inside >= 0 && inside < frag.len) {
      if (frag.page.refs <= 0) return done;
      take(frag.page.base + frag.offset + inside, frag.len - inside);
    }
    start += frag.len;
  }
  let members = 0;
  for (let member = seen.fragList; member !== null && done < n && members < CHAIN_LIMIT; member = member.next) {
    members++;
    const inside = offset + done - start;
    if (inside >= 0 && inside < member.len) {
      const wanted = Math.min(member.len - inside, n - done);
      const got = gather(member, inside, wanted, out, at + done, depth + 1);
      done += got;
      if (got !== wanted) return done;
    }
    start += member.len;
  }
  return done;
}
