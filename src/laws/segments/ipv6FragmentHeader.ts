import { IPV6_HLEN, IPV6_NEXTHDR } from "../../wire/ipv6.js";
import { IPV6_FRAG_HLEN, IPV6_OPT_HDRLEN, NEXTHDR_FRAGMENT } from "../../wire/ipv6Ext.js";

/**
 * The offset of the fragment header, with that of the byte that announces it, in bytes that begin with an IPv6 header.
 * Undefined when the chain of headers ends before it comes to one.
 */
export function ipv6FragmentHeader(
  bytes: Uint8Array,
): { readonly at: number; readonly announcedAt: number } | undefined {
  let announcedAt = IPV6_NEXTHDR;
  let at = IPV6_HLEN;
  while (at + IPV6_FRAG_HLEN <= bytes.length) {
    if (bytes[announcedAt] === NEXTHDR_FRAGMENT) return { at, announcedAt };
    announcedAt = at;
    at += ((bytes[at + IPV6_OPT_HDRLEN] ?? 0) + 1) * 8;
  }
  return undefined;
}
