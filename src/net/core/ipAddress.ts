/** Addresses as byte arrays in network order, 4 or 16 bytes: what kind they are, and which network they belong to. */

export const IPV4_ALEN = 4;
export const IPV6_ALEN = 16;

export const isIpv4Address = (address: Uint8Array): boolean => address.length === IPV4_ALEN;

/** @kernel ipv4_is_multicast include/linux/in.h */
export const ipv4IsMulticast = (address: Uint8Array): boolean => ((address[0] as number) & 0xf0) === 0xe0;

/** The limited broadcast address. @kernel ipv4_is_lbcast include/linux/in.h */
export const ipv4IsLbcast = (address: Uint8Array): boolean => address.every((byte) => byte === 0xff);

/** @kernel ipv6_addr_is_multicast include/net/ipv6.h */
export const ipv6AddrIsMulticast = (address: Uint8Array): boolean => address[0] === 0xff;

/** The scope of a multicast address. @kernel IPV6_ADDR_MC_SCOPE include/net/ipv6.h */
export const ipv6AddrMcScope = (address: Uint8Array): number => (address[1] as number) & 0xf;

/** The unspecified address of either family. @kernel ipv6_addr_any include/net/ipv6.h, ipv4_is_zeronet */
export const isAnyAddress = (address: Uint8Array): boolean => address.every((byte) => byte === 0);

/** @kernel ipv6_addr_loopback include/net/ipv6.h */
export const ipv6AddrLoopback = (address: Uint8Array): boolean =>
  address[IPV6_ALEN - 1] === 1 && address.subarray(0, IPV6_ALEN - 1).every((byte) => byte === 0);

/** @kernel ipv6_addr_type & IPV6_ADDR_LINKLOCAL net/ipv6/addrconf_core.c */
export const ipv6AddrLinklocal = (address: Uint8Array): boolean =>
  address[0] === 0xfe && ((address[1] as number) & 0xc0) === 0x80;

export const isMulticastAddress = (address: Uint8Array): boolean =>
  isIpv4Address(address) ? ipv4IsMulticast(address) : ipv6AddrIsMulticast(address);

/** A network: an address of it, and how many leading bits all its addresses share. */
export interface Prefix {
  readonly address: Uint8Array;
  readonly bits: number;
}

/** Whether the address lies in the network. @kernel ipv6_prefix_equal include/net/ipv6.h, inet_ifa_match */
export function isInPrefix(address: Uint8Array, prefix: Prefix): boolean {
  if (address.length !== prefix.address.length) return false;
  for (let bit = 0; bit < prefix.bits; bit += 8) {
    const mask = 0xff00 >>> Math.min(8, prefix.bits - bit);
    const difference = (address[bit >>> 3] as number) ^ (prefix.address[bit >>> 3] as number);
    if (difference & mask & 0xff) return false;
  }
  return true;
}

/** The broadcast address of an IPv4 network. */
export function broadcastOf(prefix: Prefix): Uint8Array {
  return prefix.address.map((byte, i) => {
    const networkBits = Math.min(8, Math.max(0, prefix.bits - 8 * i));
    return byte | (0xff >>> networkBits);
  });
}
