/** Cutting an IPv4 packet into fragments: along its list where that has the right shape, else by copying. */
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { bugOn } from "../../memory/fault.js";
import { allocSkb } from "../../skb/alloc.js";
import { copyBytes, readU8, readU16, writeU16 } from "../../skb/bytes.js";
import { skbChecksumHelp } from "../../skb/checksumHelp.js";
import { ENOMEM, type Errno } from "../../skb/errno.js";
import { consumeSkb, kfreeSkb, kfreeSkbList, skbShared } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import {
  skbPushInner,
  skbPut,
  skbReserve,
  skbResetNetworkHeader,
  skbResetTransportHeader,
} from "../../skb/pushPull.js";
import { copyBits, skbPagelen } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { skbCloned } from "../../skb/sharing.js";
import { IP_MF, IP_OFFSET, IPV4_FRAG_OFF, IPV4_TOT_LEN, IPV4_VERSION_IHL } from "../../wire/ipv4.js";
import { LL_RESERVED_SPACE } from "../core/neighbour.js";
import { ipSendCheck } from "./afInet.js";
import { ipOptionsFragment, optionBytes } from "./ipOptions.js";

/** Takes one fragment; it owns it. */
export type FragmentOutput = (skb: SkBuff) => Errno;

/** What a fragment takes over from its packet. @kernel ip_copy_metadata net/ipv4/ip_output.c v6.12 */
export function ipCopyMetadata(to: SkBuff, from: SkBuff): void {
  to.pktType = from.pktType;
  to.priority = from.priority;
  to.protocol = from.protocol;
  to.dst?.release();
  to.dst = from.dst?.hold() ?? null;
  to.dev = from.dev;
  to.mark = from.mark;
  to.hash = from.hash;
  to.nfct?.release();
  to.nfct = from.nfct?.hold() ?? null;
  to.extensions?.release();
  to.extensions = from.extensions?.hold() ?? null;
}

/**
 * Cuts a packet into fragments of at most `mtu` bytes and hands each to `output`. The packet is consumed.
 *
 * @kernel ip_do_fragment net/ipv4/ip_output.c v6.12
 */
export function ipDoFragment(skb: SkBuff, mtu: number, output: FragmentOutput): Errno {
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    const err = skbChecksumHelp(skb);
    if (err !== 0) {
      kfreeSkb(skb);
      return err;
    }
  }
  const hlen = (readU8(skb, skb.networkHeader + IPV4_VERSION_IHL) & 0xf) * 4;
  const room = mtu - hlen;
  if (skb.shinfo.fragList !== null && listFits(skb, hlen, room)) return sendList(skb, hlen, output);
  return sendCopies(skb, hlen, room, output);
}

/** Whether head and members can become the fragments as they are; their charges are moved when so. */
function listFits(skb: SkBuff, hlen: number, room: number): boolean {
  const first = skbPagelen(skb) - hlen;
  const fragOff = readU16(skb, skb.networkHeader + IPV4_FRAG_OFF);
  const isFragment = (fragOff & (IP_MF | IP_OFFSET)) !== 0;
  if (first > room || first & 7 || isFragment || skbCloned(skb) || skb.headroom < LL_RESERVED_SPACE) return false;
  return takeMembers(skb, hlen + LL_RESERVED_SPACE, room);
}

/**
 * Charges every member to the packet's owner, and only itself; false, with all undone, when one does not fit.
 *
 * @kernel ip_do_fragment and ip6_fragment, the loop over the list and slow_path_clean
 */
export function takeMembers(skb: SkBuff, headroom: number, room: number): boolean {
  const list = skb.shinfo.fragList;
  for (let member = list; member !== null; member = member.next) {
    const isOdd = (member.len & 7) !== 0 && member.next !== null;
    if (member.len > room || isOdd || member.headroom < headroom || skbShared(member)) {
      for (let done = list; done !== null && done !== member; done = done.next) {
        done.sk = null;
        done.destructor = "";
        skb.truesize += done.truesize;
      }
      return false;
    }
    bugOn(member.sk !== null, "fragment-owned");
    if (skb.sk !== null) {
      member.sk = skb.sk;
      member.destructor = "sock_wfree";
    }
    skb.truesize = (skb.truesize - member.truesize) >>> 0;
  }
  return true;
}

/** @kernel ip_fraglist_init, ip_fraglist_prepare, ip_fraglist_next net/ipv4/ip_output.c v6.12 */
function sendList(packet: SkBuff, hlen: number, output: FragmentOutput): Errno {
  let skb = packet;
  const firstLen = skbPagelen(skb);
  let member = skb.shinfo.fragList;
  skb.shinfo.fragList = null;
  skb.dataLen = firstLen - skb.headlen;
  skb.len = firstLen;
  writeU16(skb, skb.networkHeader + IPV4_TOT_LEN, firstLen);
  writeU16(skb, skb.networkHeader + IPV4_FRAG_OFF, IP_MF);
  ipSendCheck(skb, skb.networkHeader);

  for (let offset = 0; ; ) {
    if (member !== null) {
      const isFirst = offset === 0;
      offset += skb.len - hlen;
      prepareMember(member, skb, hlen, offset);
      if (isFirst && optionBytes(skb) > 0) {
        ipOptionsFragment(member);
        ipSendCheck(member, member.networkHeader);
      }
    }
    const err = output(skb);
    if (err !== 0 || member === null) {
      if (err !== 0) kfreeSkbList(member);
      return err;
    }
    skb = member;
    member = skb.next;
    skb.next = null;
  }
}

function prepareMember(member: SkBuff, before: SkBuff, hlen: number, offset: number): void {
  member.ipSummed = CHECKSUM_NONE;
  skbResetTransportHeader(member);
  skbPushInner(member, hlen);
  skbResetNetworkHeader(member);
  copyBytes(before, before.networkHeader, member, member.networkHeader, hlen);
  writeU16(member, member.networkHeader + IPV4_TOT_LEN, member.len);
  ipCopyMetadata(member, before);
  const more = member.next !== null ? IP_MF : 0;
  writeU16(member, member.networkHeader + IPV4_FRAG_OFF, (offset >>> 3) | more);
  ipSendCheck(member, member.networkHeader);
}

/** @kernel ip_frag_init, ip_frag_next, ip_frag_ipcb net/ipv4/ip_output.c v6.12 */
function sendCopies(skb: SkBuff, hlen: number, room: number, output: FragmentOutput): Errno {
  const fragOff = readU16(skb, skb.networkHeader + IPV4_FRAG_OFF);
  let offset = (fragOff & IP_OFFSET) << 3;
  let at = hlen;
  for (let left = skb.len - hlen; left > 0; ) {
    // All but the last end at a multiple of eight.
    const len = left > room ? room & ~7 : left;
    const fragment = allocSkb(skb.mem, len + hlen + LL_RESERVED_SPACE);
    if (fragment === null) {
      kfreeSkb(skb);
      return -ENOMEM;
    }
    ipCopyMetadata(fragment, skb);
    skbReserve(fragment, LL_RESERVED_SPACE);
    skbPut(fragment, len + hlen);
    skbResetNetworkHeader(fragment);
    fragment.transportHeader = fragment.networkHeader + hlen;
    if (skb.sk !== null) skbSetOwnerW(fragment, skb.sk);
    copyBytes(skb, skb.data, fragment, fragment.networkHeader, hlen);
    const { arena } = skb.mem;
    bugOn(!copyBits(skb, at, arena.bytes, fragment.head.base + fragment.transportHeader, len), "fragment-copy");
    left -= len;
    const more = left > 0 ? IP_MF : fragOff & IP_MF;
    writeU16(fragment, fragment.networkHeader + IPV4_FRAG_OFF, (offset >>> 3) | more);
    writeU16(fragment, fragment.networkHeader + IPV4_TOT_LEN, len + hlen);
    ipSendCheck(fragment, fragment.networkHeader);
    // The packet's own options are blanked once, for all that follow.
    if (at === hlen && offset === 0) ipOptionsFragment(skb);
    at += len;
    offset += len;
    const err = output(fragment);
    if (err !== 0) {
      kfreeSkb(skb);
      return err;
    }
  }
  consumeSkb(skb);
  return 0;
}
