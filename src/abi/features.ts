/**
 * Feature words, GSO types and checksum states, under the kernel's names.
 *
 * The numbering of features is ours: dense, so that a word is one 32-bit integer and every test on it one `&`. The
 * kernel's own bits run up to 59 and would need BigInt. Bits 0 to 18 are the SKB_GSO_* bits themselves, which makes
 * `net_gso_ok` a comparison of equal bits; the other features that segmentation looks at follow from bit 19 on.
 * Nothing outside this project may be given these numbers.
 */

/** `gso_type` bits. @kernel include/linux/skbuff.h */
export const SKB_GSO_TCPV4 = 1 << 0;
export const SKB_GSO_DODGY = 1 << 1;
export const SKB_GSO_TCP_ECN = 1 << 2;
export const SKB_GSO_TCP_FIXEDID = 1 << 3;
export const SKB_GSO_TCPV6 = 1 << 4;
export const SKB_GSO_FCOE = 1 << 5;
export const SKB_GSO_GRE = 1 << 6;
export const SKB_GSO_GRE_CSUM = 1 << 7;
export const SKB_GSO_IPXIP4 = 1 << 8;
export const SKB_GSO_IPXIP6 = 1 << 9;
export const SKB_GSO_UDP_TUNNEL = 1 << 10;
export const SKB_GSO_UDP_TUNNEL_CSUM = 1 << 11;
export const SKB_GSO_PARTIAL = 1 << 12;
export const SKB_GSO_TUNNEL_REMCSUM = 1 << 13;
export const SKB_GSO_SCTP = 1 << 14;
export const SKB_GSO_ESP = 1 << 15;
/** UDP fragmentation offload: one datagram, cut into IP fragments. */
export const SKB_GSO_UDP = 1 << 16;
/** UDP segmentation offload: the payload cut into datagrams. */
export const SKB_GSO_UDP_L4 = 1 << 17;
export const SKB_GSO_FRAGLIST = 1 << 18;

export const NETIF_F_TSO = SKB_GSO_TCPV4;
export const NETIF_F_GSO_ROBUST = SKB_GSO_DODGY;
export const NETIF_F_TSO_ECN = SKB_GSO_TCP_ECN;
export const NETIF_F_TSO_MANGLEID = SKB_GSO_TCP_FIXEDID;
export const NETIF_F_TSO6 = SKB_GSO_TCPV6;
export const NETIF_F_FSO = SKB_GSO_FCOE;
export const NETIF_F_GSO_GRE = SKB_GSO_GRE;
export const NETIF_F_GSO_GRE_CSUM = SKB_GSO_GRE_CSUM;
export const NETIF_F_GSO_IPXIP4 = SKB_GSO_IPXIP4;
export const NETIF_F_GSO_IPXIP6 = SKB_GSO_IPXIP6;
export const NETIF_F_GSO_UDP_TUNNEL = SKB_GSO_UDP_TUNNEL;
export const NETIF_F_GSO_UDP_TUNNEL_CSUM = SKB_GSO_UDP_TUNNEL_CSUM;
export const NETIF_F_GSO_PARTIAL = SKB_GSO_PARTIAL;
export const NETIF_F_GSO_TUNNEL_REMCSUM = SKB_GSO_TUNNEL_REMCSUM;
export const NETIF_F_GSO_SCTP = SKB_GSO_SCTP;
export const NETIF_F_GSO_ESP = SKB_GSO_ESP;
export const NETIF_F_GSO_UDP = SKB_GSO_UDP;
export const NETIF_F_GSO_UDP_L4 = SKB_GSO_UDP_L4;
/** The device takes SKB_GSO_FRAGLIST packets whole; not to be confused with NETIF_F_FRAGLIST. */
export const NETIF_F_GSO_FRAGLIST = SKB_GSO_FRAGLIST;
export const NETIF_F_SG = 1 << 19;
export const NETIF_F_IP_CSUM = 1 << 20;
export const NETIF_F_HW_CSUM = 1 << 21;
export const NETIF_F_IPV6_CSUM = 1 << 22;
export const NETIF_F_HIGHDMA = 1 << 23;
/** The device takes sk_buffs that have a frag_list. */
export const NETIF_F_FRAGLIST = 1 << 24;
export const NETIF_F_HW_VLAN_CTAG_TX = 1 << 25;
export const NETIF_F_HW_VLAN_STAG_TX = 1 << 26;
export const NETIF_F_SCTP_CRC = 1 << 27;
export const NETIF_F_FCOE_CRC = 1 << 28;
export const NETIF_F_HW_ESP = 1 << 29;
export const NETIF_F_HW_ESP_TX_CSUM = 1 << 30;

/** Every feature that stands for a GSO type. */
export const NETIF_F_GSO_MASK = 0x7ffff;
export const NETIF_F_CSUM_MASK = NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_HW_CSUM;
export const NETIF_F_ALL_TSO = NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN | NETIF_F_TSO_MANGLEID;
export const NETIF_F_GSO_SOFTWARE = NETIF_F_ALL_TSO | NETIF_F_GSO_SCTP | NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_FRAGLIST;
export const NETIF_F_GSO_ENCAP_ALL =
  NETIF_F_GSO_GRE |
  NETIF_F_GSO_GRE_CSUM |
  NETIF_F_GSO_IPXIP4 |
  NETIF_F_GSO_IPXIP6 |
  NETIF_F_GSO_UDP_TUNNEL |
  NETIF_F_GSO_UDP_TUNNEL_CSUM;

/** `gso_size` of a packet whose segments are its list members, whatever their size. */
export const GSO_BY_FRAGS = 0xffff;
/** Page fragments that one shared info holds, with 4 KiB pages. */
export const MAX_SKB_FRAGS = 17;

/** `ip_summed`. On output, UNNECESSARY and COMPLETE count as NONE. */
export const CHECKSUM_NONE = 0;
export const CHECKSUM_UNNECESSARY = 1;
export const CHECKSUM_COMPLETE = 2;
export const CHECKSUM_PARTIAL = 3;

const GSO_TYPE_NAMES: readonly string[] = [
  "TCPV4",
  "DODGY",
  "TCP_ECN",
  "TCP_FIXEDID",
  "TCPV6",
  "FCOE",
  "GRE",
  "GRE_CSUM",
  "IPXIP4",
  "IPXIP6",
  "UDP_TUNNEL",
  "UDP_TUNNEL_CSUM",
  "PARTIAL",
  "TUNNEL_REMCSUM",
  "SCTP",
  "ESP",
  "UDP",
  "UDP_L4",
  "FRAGLIST",
];

const FEATURE_NAMES: readonly string[] = [
  "TSO",
  "GSO_ROBUST",
  "TSO_ECN",
  "TSO_MANGLEID",
  "TSO6",
  "FSO",
  "GSO_GRE",
  "GSO_GRE_CSUM",
  "GSO_IPXIP4",
  "GSO_IPXIP6",
  "GSO_UDP_TUNNEL",
  "GSO_UDP_TUNNEL_CSUM",
  "GSO_PARTIAL",
  "GSO_TUNNEL_REMCSUM",
  "GSO_SCTP",
  "GSO_ESP",
  "GSO_UDP",
  "GSO_UDP_L4",
  "GSO_FRAGLIST",
  "SG",
  "IP_CSUM",
  "HW_CSUM",
  "IPV6_CSUM",
  "HIGHDMA",
  "FRAGLIST",
  "HW_VLAN_CTAG_TX",
  "HW_VLAN_STAG_TX",
  "SCTP_CRC",
  "FCOE_CRC",
  "HW_ESP",
  "HW_ESP_TX_CSUM",
];

/** The features of a word in bit order, without their NETIF_F_ prefix: `SG HW_CSUM`, or `none`. */
export const featureNames = (word: number): string => namesOf(word, FEATURE_NAMES);

/** The types of a `gso_type` in bit order, without their SKB_GSO_ prefix: `UDP_L4 FRAGLIST`, or `none`. */
export const gsoTypeNames = (word: number): string => namesOf(word, GSO_TYPE_NAMES);

function namesOf(word: number, names: readonly string[]): string {
  const found: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    if (((word >>> bit) & 1) === 1) found.push(names[bit] ?? `bit${bit}`);
  }
  return found.length > 0 ? found.join(" ") : "none";
}
