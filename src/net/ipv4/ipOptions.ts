/**
 * IPv4 options as a router deals with them: record route is filled in, source routes are refused. Left out: time stamps
 * and security options, which pass unread; router alert.
 */
import { putBytes, readU8, writeU8 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV4_HLEN, IPV4_OPTIONS, IPV4_VERSION_IHL } from "../../wire/ipv4.js";
import { IPV4_ALEN } from "../core/ipAddress.js";
import { ipSendCheck } from "./afInet.js";

const IPOPT_END = 0;
const IPOPT_NOOP = 1;
const IPOPT_RR = 7;
const IPOPT_LSRR = 131;
const IPOPT_SSRR = 137;
/** Options with this bit stand in every fragment. @kernel IPOPT_COPIED */
const IPOPT_COPY = 0x80;
/** Bytes of a record route option in front of its first address. */
const RR_HEADER = 3;

/** Offsets count from the start of the IP header. @kernel struct ip_options include/net/inet_sock.h */
export interface IpOptions {
  /** Of a record route option with room for one more address, which was taken; 0: none. */
  readonly rr: number;
  readonly isChanged: boolean;
}

export const NO_OPTIONS: IpOptions = { rr: 0, isChanged: false };

/** Bytes of options. */
export const optionBytes = (skb: SkBuff): number =>
  (readU8(skb, skb.networkHeader + IPV4_VERSION_IHL) & 0xf) * 4 - IPV4_HLEN;

/**
 * Checks the options of a packet that came in, and takes the next place of a record route. Null for options that end
 * the packet's way.
 *
 * @kernel __ip_options_compile net/ipv4/ip_options.c v6.12
 */
export function ipOptionsCompile(skb: SkBuff, own: Uint8Array | null): IpOptions | null {
  const iph = skb.networkHeader;
  let at = iph + IPV4_OPTIONS;
  let left = optionBytes(skb);
  let rr = 0;
  let hasRr = false;
  let isChanged = false;
  while (left > 0) {
    const kind = readU8(skb, at);
    if (kind === IPOPT_END) {
      for (at++, left--; left > 0; at++, left--) {
        if (readU8(skb, at) === IPOPT_END) continue;
        writeU8(skb, at, IPOPT_END);
        isChanged = true;
      }
      break;
    }
    if (kind === IPOPT_NOOP) {
      at++;
      left--;
      continue;
    }
    const len = left < 2 ? 0 : readU8(skb, at + 1);
    if (len < 2 || len > left || kind === IPOPT_LSRR || kind === IPOPT_SSRR) return null;
    if (kind === IPOPT_RR) {
      if (hasRr || len < RR_HEADER) return null;
      hasRr = true;
      const next = readU8(skb, at + 2);
      if (next < RR_HEADER + 1 || (next <= len && next + IPV4_ALEN - 1 > len)) return null;
      if (next <= len) {
        if (own !== null) {
          putBytes(skb, at + next - 1, own);
          isChanged = true;
        }
        writeU8(skb, at + 2, next + IPV4_ALEN);
        rr = at - iph;
      }
    }
    at += len;
    left -= len;
  }
  return { rr, isChanged };
}

/**
 * Writes the address of the egress interface into the place that was taken.
 *
 * @kernel ip_forward_options net/ipv4/ip_options.c v6.12
 */
export function ipForwardOptions(skb: SkBuff, options: IpOptions, source: Uint8Array | null): void {
  const iph = skb.networkHeader;
  const option = iph + options.rr;
  const fillsIn = options.rr !== 0 && source !== null;
  if (fillsIn) putBytes(skb, option + readU8(skb, option + 2) - IPV4_ALEN - 1, source);
  if (fillsIn || options.isChanged) ipSendCheck(skb, iph);
}

/** Blanks the options that only the first fragment carries. @kernel ip_options_fragment net/ipv4/ip_options.c v6.12 */
export function ipOptionsFragment(skb: SkBuff): void {
  let at = skb.networkHeader + IPV4_OPTIONS;
  let left = optionBytes(skb);
  while (left > 0) {
    const kind = readU8(skb, at);
    if (kind === IPOPT_END) return;
    if (kind === IPOPT_NOOP) {
      at++;
      left--;
      continue;
    }
    const len = left < 2 ? 0 : readU8(skb, at + 1);
    if (len < 2 || len > left) return;
    if (!(kind & IPOPT_COPY)) for (let i = 0; i < len; i++) writeU8(skb, at + i, IPOPT_NOOP);
    at += len;
    left -= len;
  }
}
