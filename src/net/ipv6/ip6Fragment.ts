/** Cutting an IPv6 packet into fragments: along its list where that has the right shape, else by copying. */
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { bugOn } from "../../memory/fault.js";
import { allocSkb } from "../../skb/alloc.js";
import { bytesAt, copyBytes, putBytes, readU8, writeU8, writeU16 } from "../../skb/bytes.js";
import { skbChecksumHelp } from "../../skb/checksumHelp.js";
import { ENOMEM, type Errno } from "../../skb/errno.js";
import { consumeSkb, kfreeSkb, kfreeSkbList } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import {
  skbPullInner,
  skbPushInner,
  skbPut,
  skbReserve,
  skbResetNetworkHeader,
  skbResetTransportHeader,
} from "../../skb/pushPull.js";
import { copyBits, skbPagelen } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { skbCloned } from "../../skb/sharing.js";
import { IPV6_HLEN, IPV6_PAYLOAD_LEN } from "../../wire/ipv6.js";
import { emitIpv6Fragment, IPV6_FRAG_HLEN, NEXTHDR_FRAGMENT } from "../../wire/ipv6Ext.js";
import { LL_RESERVED_SPACE } from "../core/neighbour.js";
import { type FragmentOutput, ipCopyMetadata, takeMembers } from "../ipv4/ipFragment.js";
import { ip6Find1stfragopt } from "./outputCore.js";

/** What all fragments of a packet have in common. */
interface Fragmentation {
  /** Of the headers that every fragment repeats. */
  readonly hlen: number;
  /** Where, counted from the IPv6 header, the byte is that announces the fragment header. */
  readonly prevhdr: number;
  readonly nexthdr: number;
  readonly identification: number;
  readonly output: FragmentOutput;
}

export interface FragmentLimit {
  /** Bytes of a fragment from its IPv6 header on. */
  readonly mtu: number;
  readonly identification: number;
}

/**
 * Cuts a packet into fragments and hands each to `output`. The packet is consumed, unless it cannot be cut to that
 * size: then it stays the caller's and the result is undefined.
 *
 * @kernel ip6_fragment net/ipv6/ip6_output.c v6.12
 */
export function fragmentIpv6(skb: SkBuff, limit: FragmentLimit, output: FragmentOutput): Errno | undefined {
  const found = ip6Find1stfragopt(skb);
  if (found.err !== 0) {
    kfreeSkb(skb);
    return found.err;
  }
  const hlen = found.offset;
  if (limit.mtu < hlen + IPV6_FRAG_HLEN + 8) return undefined;
  const room = limit.mtu - hlen - IPV6_FRAG_HLEN;
  const prevhdr = found.prevhdr - skb.networkHeader;
  const nexthdr = readU8(skb, found.prevhdr);
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    const err = skbChecksumHelp(skb);
    if (err !== 0) {
      kfreeSkb(skb);
      return err;
    }
  }
  const plan = { hlen, prevhdr, nexthdr, identification: limit.identification, output };
  if (skb.shinfo.fragList !== null && listFits(skb, hlen, room)) return sendList(skb, plan);
  return sendCopies(skb, room, plan);
}

function listFits(skb: SkBuff, hlen: number, room: number): boolean {
  const first = skbPagelen(skb) - hlen;
  if (first > room || first & 7 || skbCloned(skb) || skb.headroom < LL_RESERVED_SPACE + IPV6_FRAG_HLEN) return false;
  return takeMembers(skb, hlen + LL_RESERVED_SPACE + IPV6_FRAG_HLEN, room);
}

function fragmentHeader(plan: Fragmentation, offset: number, more: boolean): Uint8Array {
  const header = new Uint8Array(IPV6_FRAG_HLEN);
  emitIpv6Fragment(header, 0, { nexthdr: plan.nexthdr, offset, more, identification: plan.identification });
  return header;
}

/** @kernel ip6_fraglist_init, ip6_fraglist_prepare, ip6_fraglist_next net/ipv6/ip6_output.c v6.12 */
function sendList(packet: SkBuff, plan: Fragmentation): Errno {
  let skb = packet;
  const { hlen } = plan;
  writeU8(skb, skb.networkHeader + plan.prevhdr, NEXTHDR_FRAGMENT);
  const headers = bytesAt(skb, skb.networkHeader, hlen);
  let member = skb.shinfo.fragList;
  skb.shinfo.fragList = null;
  skbPullInner(skb, hlen);
  pushHeaders(skb, headers, fragmentHeader(plan, 0, true));
  const firstLen = skbPagelen(skb);
  skb.dataLen = firstLen - skb.headlen;
  skb.len = firstLen;
  writePayloadLen(skb);

  for (let offset = 0; ; ) {
    if (member !== null) {
      offset += skb.len - hlen - IPV6_FRAG_HLEN;
      member.ipSummed = CHECKSUM_NONE;
      skbResetTransportHeader(member);
      pushHeaders(member, headers, fragmentHeader(plan, offset, member.next !== null));
      writePayloadLen(member);
      ipCopyMetadata(member, skb);
    }
    const err = plan.output(skb);
    if (err !== 0 || member === null) {
      if (err !== 0) kfreeSkbList(member);
      return err;
    }
    skb = member;
    member = skb.next;
    skb.next = null;
  }
}

/** Both in front of `data`, which is behind the headers. */
function pushHeaders(skb: SkBuff, headers: Uint8Array, fragment: Uint8Array): void {
  skbPushInner(skb, fragment.length);
  putBytes(skb, skb.data, fragment);
  skbPushInner(skb, headers.length);
  skbResetNetworkHeader(skb);
  putBytes(skb, skb.networkHeader, headers);
}

const writePayloadLen = (skb: SkBuff): void => writeU16(skb, skb.networkHeader + IPV6_PAYLOAD_LEN, skb.len - IPV6_HLEN);

/** @kernel ip6_frag_init, ip6_frag_next net/ipv6/ip6_output.c v6.12 */
function sendCopies(skb: SkBuff, room: number, plan: Fragmentation): Errno {
  const { hlen } = plan;
  let offset = 0;
  for (let left = skb.len - hlen; left > 0; ) {
    // All but the last end at a multiple of eight.
    const len = left > room ? room & ~7 : left;
    const headers = hlen + IPV6_FRAG_HLEN;
    const fragment = allocSkb(skb.mem, len + headers + LL_RESERVED_SPACE);
    if (fragment === null) {
      kfreeSkb(skb);
      return -ENOMEM;
    }
    ipCopyMetadata(fragment, skb);
    skbReserve(fragment, LL_RESERVED_SPACE);
    skbPut(fragment, len + headers);
    skbResetNetworkHeader(fragment);
    fragment.transportHeader = fragment.networkHeader + headers;
    if (skb.sk !== null) skbSetOwnerW(fragment, skb.sk);
    copyBytes(skb, skb.data, fragment, fragment.networkHeader, hlen);
    writeU8(fragment, fragment.networkHeader + plan.prevhdr, NEXTHDR_FRAGMENT);
    const { arena } = skb.mem;
    const to = fragment.head.base + fragment.transportHeader;
    bugOn(!copyBits(skb, hlen + offset, arena.bytes, to, len), "fragment-copy");
    left -= len;
    putBytes(fragment, fragment.networkHeader + hlen, fragmentHeader(plan, offset, left > 0));
    writePayloadLen(fragment);
    offset += len;
    const err = plan.output(fragment);
    if (err !== 0) {
      kfreeSkb(skb);
      return err;
    }
  }
  consumeSkb(skb);
  return 0;
}
