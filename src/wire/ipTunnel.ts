/** IP inside IP (RFC 2003, RFC 2473, RFC 4213): the protocol numbers that announce another IP header. */

/** An IPv4 header follows. */
export const IPPROTO_IPIP = 4;
/** An IPv6 header follows. */
export const IPPROTO_IPV6 = 41;
