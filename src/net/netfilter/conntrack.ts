/**
 * Which connection a packet belongs to, in which direction, and how its addresses are changed. Left out: states of TCP,
 * expectations, ICMP errors about a connection, timeouts, fragments, looking for a free port.
 */
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_UNNECESSARY } from "../../abi/features.js";
import { csumAdd, csumFold, csumSub, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { hex } from "../../bytes/hexdump.js";
import { getU16 } from "../../bytes/view.js";
import type { Memory } from "../../memory/Memory.js";
import { bytesAt, linearAt, readU8, readU16 } from "../../skb/bytes.js";
import { skbShared } from "../../skb/free.js";
import { Reference } from "../../skb/Reference.js";
import { skbChecksum, skbHeaderBytes } from "../../skb/read.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import {
  IP_MF,
  IP_OFFSET,
  IPV4_DADDR,
  IPV4_FRAG_OFF,
  IPV4_PROTOCOL,
  IPV4_SADDR,
  IPV4_VERSION_IHL,
} from "../../wire/ipv4.js";
import { IPV6_DADDR, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPPROTO_SCTP, SCTP_HLEN } from "../../wire/sctp.js";
import { IPPROTO_TCP, TCP_HLEN } from "../../wire/tcp.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_HLEN, UDP_LEN } from "../../wire/udp.js";
import { IPV4_ALEN, IPV6_ALEN } from "../core/ipAddress.js";
import type { FourTuple } from "../core/NetDevice.js";
import { type FoundTransport, ipv6SkipExthdr } from "../ipv6/exthdrs.js";

const HEADER_LENGTHS: ReadonlyMap<number, number> = new Map([
  [IPPROTO_UDP, UDP_HLEN],
  [IPPROTO_TCP, TCP_HLEN],
  [IPPROTO_SCTP, SCTP_HLEN],
]);

/** @kernel struct nf_conntrack_tuple */
export interface Tuple extends FourTuple {
  readonly proto: number;
}

/** What the other side sends. @kernel nf_ct_invert_tuple */
export const invertTuple = ({ saddr, daddr, source, dest, proto }: Tuple): Tuple => ({
  saddr: daddr,
  daddr: saddr,
  source: dest,
  dest: source,
  proto,
});

const keyOf = ({ saddr, daddr, source, dest, proto }: Tuple): string =>
  `${proto} ${hex(saddr)}:${source} ${hex(daddr)}:${dest}`;

/** A connection as its two directions know it. @kernel struct nf_conn */
export interface Connection {
  readonly original: Tuple;
  /** What an answer looks like: all changes of addresses are read off it. */
  reply: Tuple;
  /** Which addresses of the original direction are changed. @kernel IPS_SRC_NAT, IPS_DST_NAT */
  srcNat: boolean;
  dstNat: boolean;
  /** Hooks at which the rules were asked already. @kernel IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE */
  srcDone: boolean;
  dstDone: boolean;
}

/** What a packet holds: a connection, with the direction that the packet goes. @kernel skb->_nfct */
export class ConntrackReference extends Reference {
  constructor(
    mem: Memory,
    readonly connection: Connection,
    readonly isReply: boolean,
  ) {
    super(mem, `conntrack ${isReply ? "reply" : "original"}`);
  }
}

/** All connections of a namespace. @kernel nf_conntrack_hash */
export class NfConntrackTable {
  private readonly byTuple = new Map<string, ConntrackReference>();

  find(tuple: Tuple): ConntrackReference | undefined {
    return this.byTuple.get(keyOf(tuple));
  }

  create(mem: Memory, original: Tuple): ConntrackReference {
    const connection = {
      original,
      reply: invertTuple(original),
      srcNat: false,
      dstNat: false,
      srcDone: false,
      dstDone: false,
    };
    const reference = new ConntrackReference(mem, connection, false);
    this.byTuple.set(keyOf(original), reference);
    return reference;
  }

  /** From now on answers are known. @kernel nf_conntrack_confirm */
  confirm(mem: Memory, connection: Connection): void {
    const key = keyOf(connection.reply);
    if (!this.byTuple.has(key)) this.byTuple.set(key, new ConntrackReference(mem, connection, true));
  }
}

/** Offset of the transport header behind `data`, and its protocol; undefined for fragments and what cannot be read. */
export function transportOf(skb: SkBuff): FoundTransport | undefined {
  const nh = skb.networkHeader;
  if (skb.protocol !== ETH_P_IPV6) {
    if (readU16(skb, nh + IPV4_FRAG_OFF) & (IP_MF | IP_OFFSET)) return undefined;
    const ihl = (readU8(skb, nh + IPV4_VERSION_IHL) & 0xf) * 4;
    return { offset: skb.networkOffset + ihl, proto: readU8(skb, nh + IPV4_PROTOCOL) };
  }
  return ipv6SkipExthdr(skb);
}

/** The packet's own tuple; undefined where nothing is tracked. @kernel nf_ct_get_tuple */
export function tupleOf(skb: SkBuff): Tuple | undefined {
  const transport = transportOf(skb);
  const needed = HEADER_LENGTHS.get(transport?.proto ?? 0);
  if (transport === undefined || needed === undefined) return undefined;
  const ports = skbHeaderBytes(skb, transport.offset, needed);
  if (ports === null || !isValid(skb, transport.offset, transport.proto)) return undefined;
  const ipv6 = skb.protocol === ETH_P_IPV6;
  const nh = skb.networkHeader;
  return {
    saddr: bytesAt(skb, nh + (ipv6 ? IPV6_SADDR : IPV4_SADDR), ipv6 ? IPV6_ALEN : IPV4_ALEN),
    daddr: bytesAt(skb, nh + (ipv6 ? IPV6_DADDR : IPV4_DADDR), ipv6 ? IPV6_ALEN : IPV4_ALEN),
    source: getU16(ports, 0),
    dest: getU16(ports, 2),
    proto: transport.proto,
  };
}

/** @kernel udp_error net/netfilter/nf_conntrack_proto_udp.c, tcp_error net/netfilter/nf_conntrack_proto_tcp.c v6.12 */
function isValid(skb: SkBuff, offset: number, proto: number): boolean {
  if (proto === IPPROTO_SCTP) return true;
  if (proto === IPPROTO_UDP) {
    const header = skbHeaderBytes(skb, offset, UDP_HLEN) as Uint8Array;
    const len = getU16(header, UDP_LEN);
    if (len > skb.len - offset || len < UDP_HLEN) return false;
    if (getU16(header, UDP_CHECK) === 0) return true;
  }
  return nfChecksum(skb, offset, proto);
}

/**
 * Whether the transport checksum is right or somebody else's business. One that was summed here becomes a complete sum.
 *
 * @kernel nf_ip_checksum, nf_ip6_checksum net/netfilter/utils.c v6.12
 */
function nfChecksum(skb: SkBuff, offset: number, proto: number): boolean {
  if (skb.ipSummed !== CHECKSUM_COMPLETE && skb.ipSummed !== CHECKSUM_NONE) return true;
  const ipv6 = skb.protocol === ETH_P_IPV6;
  const at = linearAt(skb, skb.networkHeader, ipv6 ? 40 : 20);
  const bytes = skb.mem.arena.bytes;
  const len = skb.len - offset;
  const pseudo = ipv6
    ? pseudoSumV6(bytes, at + IPV6_SADDR, at + IPV6_DADDR, len, proto, 0)
    : pseudoSumV4(bytes, at + IPV4_SADDR, at + IPV4_DADDR, len, proto, 0);
  const headers = skbChecksum(skb, 0, offset, 0);
  if (skb.ipSummed === CHECKSUM_COMPLETE && csumFold(csumAdd(csumSub(skb.csum, headers), pseudo)) === 0) {
    skb.ipSummed = CHECKSUM_UNNECESSARY;
    return true;
  }
  const sum = skbChecksum(skb, offset, len, 0);
  const isRight = csumFold(csumAdd(sum, pseudo)) === 0;
  if (!skbShared(skb)) {
    skb.csum = csumAdd(sum, headers);
    skb.ipSummed = CHECKSUM_COMPLETE;
    skb.csumValid = isRight;
  }
  return isRight;
}
