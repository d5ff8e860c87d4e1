/** Who shares what: the sharing predicates, and what is copied when a holder gets an sk_buff of its own. */
import { CHECKSUM_PARTIAL } from "../abi/features.js";
import { SKB_DATAREF_MASK, SKB_DATAREF_SHIFT } from "./SharedInfo.js";
import { HEADER_UNSET, type SkBuff } from "./SkBuff.js";

/** @kernel skb_cloned include/linux/skbuff.h */
export function skbCloned(skb: SkBuff): boolean {
  return skb.cloned && (skb.shinfo.dataref & SKB_DATAREF_MASK) !== 1;
}

/** Whether anybody else looks at the header. @kernel skb_header_cloned include/linux/skbuff.h */
export function skbHeaderCloned(skb: SkBuff): boolean {
  if (!skb.cloned) return false;
  const dataref = skb.shinfo.dataref;
  return (dataref & SKB_DATAREF_MASK) - (dataref >>> SKB_DATAREF_SHIFT) !== 1;
}

/** @kernel skb_clone_writable include/linux/skbuff.h */
export function skbCloneWritable(skb: SkBuff, len: number): boolean {
  return !skbHeaderCloned(skb) && skb.headroom + len <= skb.hdrLen;
}

/**
 * Gives up the header: this holder will only touch the payload, so one clone may write in the headroom.
 *
 * @kernel __skb_header_release include/linux/skbuff.h
 */
export function skbHeaderReleaseInner(skb: SkBuff): void {
  skb.nohdr = true;
  skb.shinfo.setDataref((1 << SKB_DATAREF_SHIFT) + 1);
}

/**
 * Copies the metadata that describes the packet, taking references on dst, conntrack and extensions. What `to` held
 * before is overwritten and not released: callers release it first.
 *
 * @kernel __copy_skb_header net/core/skbuff.c
 */
export function copySkbHeader(to: SkBuff, from: SkBuff): void {
  to.dev = from.dev;
  to.dst = from.dst?.hold() ?? null;
  to.extensions = from.extensions?.hold() ?? null;
  to.nfct = from.nfct?.hold() ?? null;
  to.cbMacOffset = from.cbMacOffset;
  to.cbEncapLevel = from.cbEncapLevel;
  to.cbCsum = from.cbCsum;
  to.cbCsumStart = from.cbCsumStart;
  to.cbRecursion = from.cbRecursion;
  to.cbCscov = from.cbCscov;
  to.cbPartialCov = from.cbPartialCov;
  to.pktType = from.pktType;
  to.ipSummed = from.ipSummed;
  to.csum = from.csum;
  to.csumLevel = from.csumLevel;
  to.csumValid = from.csumValid;
  to.csumNotInet = from.csumNotInet;
  to.remcsumOffload = from.remcsumOffload;
  to.encapsulation = from.encapsulation;
  to.encapHdrCsum = from.encapHdrCsum;
  to.slowGro = from.slowGro;
  to.priority = from.priority;
  to.mark = from.mark;
  to.hash = from.hash;
  to.vlanProto = from.vlanProto;
  to.vlanTci = from.vlanTci;
  to.protocol = from.protocol;
  to.innerProtocol = from.innerProtocol;
  to.innerProtocolIsIp = from.innerProtocolIsIp;
  to.oooOkay = from.oooOkay;
  to.ignoreDf = from.ignoreDf;
  to.innerTransportHeader = from.innerTransportHeader;
  to.innerNetworkHeader = from.innerNetworkHeader;
  to.innerMacHeader = from.innerMacHeader;
  to.transportHeader = from.transportHeader;
  to.networkHeader = from.networkHeader;
  to.macHeader = from.macHeader;
}

/** The header copy and the GSO fields. @kernel skb_copy_header net/core/skbuff.c */
export function copySkbHeaderAndGso(to: SkBuff, from: SkBuff): void {
  copySkbHeader(to, from);
  to.shinfo.gsoSize = from.shinfo.gsoSize;
  to.shinfo.gsoSegs = from.shinfo.gsoSegs;
  to.shinfo.gsoType = from.shinfo.gsoType;
}

/** Moves all header offsets by `off`, after the buffer moved under them. @kernel skb_headers_offset_update */
export function skbHeadersOffsetUpdate(skb: SkBuff, off: number): void {
  if (skb.ipSummed === CHECKSUM_PARTIAL) skb.csumStart = skb.csumStart + off;
  skb.transportHeader = (skb.transportHeader + off) & 0xffff;
  skb.networkHeader = (skb.networkHeader + off) & 0xffff;
  if (skb.macHeader !== HEADER_UNSET) skb.macHeader = (skb.macHeader + off) & 0xffff;
  skb.innerTransportHeader = (skb.innerTransportHeader + off) & 0xffff;
  skb.innerNetworkHeader = (skb.innerNetworkHeader + off) & 0xffff;
  skb.innerMacHeader = (skb.innerMacHeader + off) & 0xffff;
}

/** The chain of a frag_list gets a second owner: one reference on each member. @kernel skb_clone_fraglist */
export function skbCloneFraglist(first: SkBuff | null): void {
  for (let member = first; member !== null; member = member.next) {
    member.assertAlive("users");
    member.users++;
  }
}
