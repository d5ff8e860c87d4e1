/**
 * Address translation of UDP, TCP and SCTP: the first packet of a connection is asked about by rules, all others follow
 * it. Of an aggregate only the first header is changed; segmentation carries that to the others. Left out: ICMP,
 * masquerading, ranges, fragments, packets of our own in front of routing.
 */
import { CHECKSUM_NONE } from "../../abi/features.js";
import { CSUM_MANGLED_0, csumReplace4 } from "../../bytes/checksum.js";
import { equalBytes } from "../../bytes/diff.js";
import { getU32 } from "../../bytes/view.js";
import { bytesAt, putBytes, readU16, readU32, writeU16, writeU32 } from "../../skb/bytes.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbEnsureWritable } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPV4_CHECK, IPV4_DADDR, IPV4_HLEN, IPV4_SADDR } from "../../wire/ipv4.js";
import { IPV6_DADDR, IPV6_HLEN, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPPROTO_SCTP, SCTP_CHECKSUM, SCTP_HLEN } from "../../wire/sctp.js";
import { IPPROTO_TCP, TCP_CHECK, TCP_HLEN } from "../../wire/tcp.js";
import { IPPROTO_UDP, UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { sctpComputeCksum } from "../core/crc32cCsum.js";
import { IPV6_ALEN } from "../core/ipAddress.js";
import type { Netns } from "../core/Netns.js";
import { inetProtoCsumReplace2, inetProtoCsumReplace4, inetProtoCsumReplace16 } from "../core/protoCsum.js";
import type { FoundTransport } from "../ipv6/exthdrs.js";
import type { NetKernel } from "../NetKernel.js";
import {
  type Connection,
  ConntrackReference,
  invertTuple,
  NfConntrackTable,
  type Tuple,
  transportOf,
  tupleOf,
} from "./conntrack.js";

export type NatHook = "prerouting" | "postrouting";

/** A rule: `prerouting` changes destinations, `postrouting` sources. What is not said matches everything. */
export interface Translation {
  readonly hook: NatHook;
  readonly proto: number;
  readonly saddr?: Uint8Array;
  readonly daddr?: Uint8Array;
  readonly sport?: number;
  readonly dport?: number;
  readonly to: Uint8Array;
  readonly port: number;
}

/**
 * Address translation at a hook; `data` is at the network header. False when the packet was dropped.
 *
 * @kernel nf_conntrack_in, nf_nat_inet_fn net/netfilter/nf_nat_core.c v6.12
 */
export function nfNatInet(k: NetKernel, net: Netns, skb: SkBuff, hook: NatHook): boolean {
  if (net.translations.length === 0) return true;
  if (hook === "prerouting") track(net, skb);
  const { nfct } = skb;
  if (!(nfct instanceof ConntrackReference)) return true;
  const { connection, isReply } = nfct;
  if (!isReply) setUp(net, skb, connection, hook);
  if (hook === "postrouting") net.conntrack?.confirm(skb.mem, connection);
  if (!nfNatPacket(k, skb, nfct, hook)) {
    net.drop("nf_nat_packet", "NETFILTER_DROP");
    kfreeSkb(skb);
    return false;
  }
  return true;
}

/** @kernel nf_conntrack_in net/netfilter/nf_conntrack_core.c */
function track(net: Netns, skb: SkBuff): void {
  const tuple = tupleOf(skb);
  if (tuple === undefined) return;
  net.conntrack ??= new NfConntrackTable();
  const found = net.conntrack.find(tuple) ?? net.conntrack.create(skb.mem, tuple);
  skb.nfct?.release();
  skb.nfct = found.hold();
}

/** Asks the rules once a connection and hook. @kernel nf_nat_setup_info net/netfilter/nf_nat_core.c */
function setUp(net: Netns, skb: SkBuff, connection: Connection, hook: NatHook): void {
  const done = hook === "prerouting" ? connection.dstDone : connection.srcDone;
  if (done) return;
  // What the packet looks like after what was decided before.
  const current = invertTuple(connection.reply);
  const rule = net.translations.find((one) => one.hook === hook && matches(one, current));
  if (hook === "prerouting") {
    connection.dstDone = true;
    if (rule === undefined) return;
    connection.dstNat = true;
    connection.reply = invertTuple({ ...current, daddr: rule.to, dest: rule.port });
  } else {
    connection.srcDone = true;
    if (rule === undefined) return;
    connection.srcNat = true;
    connection.reply = invertTuple({ ...current, saddr: rule.to, source: rule.port });
  }
  skb.mem.step(`${skb.name}: ${hook} translates this connection`);
}

function matches(rule: Translation, tuple: Tuple): boolean {
  return (
    rule.proto === tuple.proto &&
    rule.to.length === tuple.daddr.length &&
    (rule.saddr === undefined || equalBytes(rule.saddr, tuple.saddr)) &&
    (rule.daddr === undefined || equalBytes(rule.daddr, tuple.daddr)) &&
    (rule.sport === undefined || rule.sport === tuple.source) &&
    (rule.dport === undefined || rule.dport === tuple.dest)
  );
}

/** @kernel nf_nat_packet net/netfilter/nf_nat_core.c v6.12 */
function nfNatPacket(k: NetKernel, skb: SkBuff, { connection, isReply }: ConntrackReference, hook: NatHook): boolean {
  const isSource = hook === "postrouting";
  // An answer is changed the other way round.
  const wanted = isSource !== isReply ? connection.srcNat : connection.dstNat;
  if (!wanted) return true;
  const target = invertTuple(isReply ? connection.original : connection.reply);
  const change = isSource
    ? { isSource, address: target.saddr, port: target.source }
    : { isSource, address: target.daddr, port: target.dest };
  return nfNatManipPkt(k, skb, change);
}

/** A new source or destination. @kernel enum nf_nat_manip_type */
export interface AddressChange {
  readonly isSource: boolean;
  readonly address: Uint8Array;
  readonly port: number;
}

/**
 * Changes address and port of the packet's first headers, `data` at the network header, and keeps the checksums right.
 * False when they could not be made writable.
 *
 * @kernel nf_nat_ipv4_manip_pkt, nf_nat_ipv6_manip_pkt net/netfilter/nf_nat_proto.c v6.12
 */
export function nfNatManipPkt(k: NetKernel, skb: SkBuff, change: AddressChange): boolean {
  const ipv6 = skb.protocol === ETH_P_IPV6;
  const offset = skb.networkOffset;
  if (skbEnsureWritable(skb, offset + (ipv6 ? IPV6_HLEN : IPV4_HLEN)) !== 0) return false;
  const transport = transportOf(skb);
  if (transport !== undefined && !l4protoManipPkt(k, skb, transport, change)) return false;
  const iph = skb.networkHeader;
  if (ipv6) {
    putBytes(skb, iph + (change.isSource ? IPV6_SADDR : IPV6_DADDR), change.address);
    return true;
  }
  const field = iph + (change.isSource ? IPV4_SADDR : IPV4_DADDR);
  const [from, to] = [readU32(skb, field), getU32(change.address, 0)];
  writeU16(skb, iph + IPV4_CHECK, csumReplace4(readU16(skb, iph + IPV4_CHECK), from, to));
  writeU32(skb, field, to);
  return true;
}

/** @kernel l4proto_manip_pkt net/netfilter/nf_nat_proto.c v6.12 */
function l4protoManipPkt(k: NetKernel, skb: SkBuff, { offset, proto }: FoundTransport, change: AddressChange): boolean {
  if (proto === IPPROTO_UDP) return udpManipPkt(skb, offset, change);
  if (proto === IPPROTO_TCP) return tcpManipPkt(skb, offset, change);
  return proto !== IPPROTO_SCTP || sctpManipPkt(k, skb, offset, change);
}

const PORT_BYTES = 2;
/** Bytes of a transport header that an ICMP error quotes at least. */
const QUOTED_HLEN = 8;
const portAt = (skb: SkBuff, offset: number, { isSource }: AddressChange): number =>
  skb.data + offset + (isSource ? 0 : PORT_BYTES);

/** A checksum of 0 says that there is none, and stays. @kernel udp_manip_pkt, __udp_manip_pkt net/netfilter/nf_nat_proto.c */
function udpManipPkt(skb: SkBuff, offset: number, change: AddressChange): boolean {
  if (skbEnsureWritable(skb, offset + UDP_HLEN) !== 0) return false;
  const port = portAt(skb, offset, change);
  const field = skb.data + offset + UDP_CHECK;
  if (readU16(skb, field) !== 0) {
    nfCsumUpdate(skb, field, change);
    inetProtoCsumReplace2(skb, field, readU16(skb, port), change.port, false);
    if (readU16(skb, field) === 0) writeU16(skb, field, CSUM_MANGLED_0);
  }
  writeU16(skb, port, change.port);
  return true;
}

/** @kernel tcp_manip_pkt net/netfilter/nf_nat_proto.c v6.12 */
function tcpManipPkt(skb: SkBuff, offset: number, change: AddressChange): boolean {
  // Quoted in an ICMP error there may be less than a header, without its checksum.
  const hasChecksum = skb.len >= offset + TCP_HLEN;
  if (skbEnsureWritable(skb, offset + (hasChecksum ? TCP_HLEN : QUOTED_HLEN)) !== 0) return false;
  const port = portAt(skb, offset, change);
  const old = readU16(skb, port);
  writeU16(skb, port, change.port);
  if (!hasChecksum) return true;
  const field = skb.data + offset + TCP_CHECK;
  nfCsumUpdate(skb, field, change);
  inetProtoCsumReplace2(skb, field, old, change.port, false);
  return true;
}

/** @kernel sctp_manip_pkt net/netfilter/nf_nat_proto.c v6.12; of a GSO packet as sctp_snat_handler of ipvs has it */
function sctpManipPkt(k: NetKernel, skb: SkBuff, offset: number, change: AddressChange): boolean {
  if (skbEnsureWritable(skb, offset + SCTP_HLEN) !== 0) return false;
  writeU16(skb, portAt(skb, offset, change), change.port);
  if (k.nat.computesSctpChecksum(skb)) {
    writeU32(skb, skb.data + offset + SCTP_CHECKSUM, sctpComputeCksum(skb, offset));
    skb.ipSummed = CHECKSUM_NONE;
  }
  return true;
}

/** The address counts in the pseudo header. @kernel nf_csum_update net/netfilter/nf_nat_proto.c v6.12 */
function nfCsumUpdate(skb: SkBuff, field: number, { isSource, address }: AddressChange): void {
  const iph = skb.networkHeader;
  if (skb.protocol === ETH_P_IPV6) {
    const old = bytesAt(skb, iph + (isSource ? IPV6_SADDR : IPV6_DADDR), IPV6_ALEN);
    inetProtoCsumReplace16(skb, field, old, address);
  } else {
    const old = readU32(skb, iph + (isSource ? IPV4_SADDR : IPV4_DADDR));
    inetProtoCsumReplace4(skb, field, old, getU32(address, 0), true);
  }
}
