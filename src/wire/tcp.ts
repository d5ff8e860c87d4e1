/** The TCP header (RFC 9293, struct tcphdr in include/uapi/linux/tcp.h). Offsets count from its first byte. */

export const IPPROTO_TCP = 6;

/** Without options. */
export const TCP_HLEN = 20;

export const TCP_SOURCE = 0;
export const TCP_DEST = 2;
export const TCP_SEQ = 4;
export const TCP_ACK_SEQ = 8;
/** The header's length in units of four bytes is the high half of this byte. */
export const TCP_DOFF = 12;
export const TCP_FLAGS = 13;
export const TCP_WINDOW = 14;
export const TCP_CHECK = 16;
export const TCP_URG_PTR = 18;

/** Bits of the byte at TCP_FLAGS. */
export const TCPHDR_FIN = 0x01;
export const TCPHDR_SYN = 0x02;
export const TCPHDR_RST = 0x04;
export const TCPHDR_PSH = 0x08;
export const TCPHDR_ACK = 0x10;
export const TCPHDR_URG = 0x20;
export const TCPHDR_ECE = 0x40;
export const TCPHDR_CWR = 0x80;
