/** After NAT of the first header of a list: the other datagrams get its addresses and ports, checksums adjusted. */
import { CSUM_MANGLED_0, csumReplace4 } from "../../bytes/checksum.js";
import { equalBytes } from "../../bytes/diff.js";
import { bytesAt, putBytes, readU16, readU32, writeU16, writeU32 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { IPV4_CHECK, IPV4_DADDR, IPV4_SADDR } from "../../wire/ipv4.js";
import { IPV6_DADDR, IPV6_SADDR } from "../../wire/ipv6.js";
import { UDP_CHECK, UDP_DEST, UDP_SOURCE } from "../../wire/udp.js";
import { inetProtoCsumReplace2, inetProtoCsumReplace4, inetProtoCsumReplace16 } from "../core/protoCsum.js";

/** A port and the address that goes with it, as offsets into their headers. */
interface Pair {
  readonly addr: number;
  readonly port: number;
}
const IPV4_PAIRS: readonly Pair[] = [
  { addr: IPV4_SADDR, port: UDP_SOURCE },
  { addr: IPV4_DADDR, port: UDP_DEST },
];
const IPV6_PAIRS: readonly Pair[] = [
  { addr: IPV6_SADDR, port: UDP_SOURCE },
  { addr: IPV6_DADDR, port: UDP_DEST },
];
const IPV6_ALEN = 16;

const portsDiffer = (a: SkBuff, b: SkBuff): boolean =>
  readU32(a, a.transportHeader + UDP_SOURCE) !== readU32(b, b.transportHeader + UDP_SOURCE);

/**
 * Only the first two segments are compared: where they agree, nothing is carried over to later ones.
 *
 * @kernel __udpv4_gso_segment_list_csum net/ipv4/udp_offload.c v6.12
 */
export function udpv4GsoSegmentListCsum(segs: SkBuff, second: SkBuff): SkBuff {
  const differ = IPV4_PAIRS.some(
    ({ addr }) => readU32(segs, segs.networkHeader + addr) !== readU32(second, second.networkHeader + addr),
  );
  if (!differ && !portsDiffer(segs, second)) return segs;
  for (let seg: SkBuff | null = second; seg !== null; seg = seg.next) {
    for (const { addr, port } of IPV4_PAIRS) udpv4GsoSegmentCsum(segs, seg, addr, port);
  }
  return segs;
}

/** @kernel __udpv4_gso_segment_csum net/ipv4/udp_offload.c */
function udpv4GsoSegmentCsum(first: SkBuff, seg: SkBuff, addr: number, port: number): void {
  const iph = seg.networkHeader;
  const uh = seg.transportHeader;
  const oldAddr = readU32(seg, iph + addr);
  const newAddr = readU32(first, first.networkHeader + addr);
  const oldPort = readU16(seg, uh + port);
  const newPort = readU16(first, first.transportHeader + port);
  if (oldAddr === newAddr && oldPort === newPort) return;
  const field = uh + UDP_CHECK;
  if (readU16(seg, field) !== 0) {
    inetProtoCsumReplace4(seg, field, oldAddr, newAddr, true);
    inetProtoCsumReplace2(seg, field, oldPort, newPort, false);
    if (readU16(seg, field) === 0) writeU16(seg, field, CSUM_MANGLED_0);
  }
  writeU16(seg, uh + port, newPort);
  writeU16(seg, iph + IPV4_CHECK, csumReplace4(readU16(seg, iph + IPV4_CHECK), oldAddr, newAddr));
  writeU32(seg, iph + addr, newAddr);
}

/**
 * The same for IPv6.
 *
 * @kernel __udpv6_gso_segment_list_csum net/ipv4/udp_offload.c v6.15, in 6.12 since .28
 */
export function udpv6GsoSegmentListCsum(segs: SkBuff, second: SkBuff): SkBuff {
  const differ = IPV6_PAIRS.some(
    ({ addr }) =>
      !equalBytes(
        bytesAt(segs, segs.networkHeader + addr, IPV6_ALEN),
        bytesAt(second, second.networkHeader + addr, IPV6_ALEN),
      ),
  );
  if (!differ && !portsDiffer(segs, second)) return segs;
  for (let seg: SkBuff | null = second; seg !== null; seg = seg.next) {
    for (const { addr, port } of IPV6_PAIRS) udpv6GsoSegmentCsum(segs, seg, addr, port);
  }
  return segs;
}

/** @kernel __udpv6_gso_segment_csum net/ipv4/udp_offload.c */
function udpv6GsoSegmentCsum(first: SkBuff, seg: SkBuff, addr: number, port: number): void {
  const uh = seg.transportHeader;
  const oldAddr = bytesAt(seg, seg.networkHeader + addr, IPV6_ALEN);
  const newAddr = bytesAt(first, first.networkHeader + addr, IPV6_ALEN);
  const oldPort = readU16(seg, uh + port);
  const newPort = readU16(first, first.transportHeader + port);
  if (oldPort === newPort && equalBytes(oldAddr, newAddr)) return;
  const field = uh + UDP_CHECK;
  if (readU16(seg, field) !== 0) {
    inetProtoCsumReplace16(seg, field, oldAddr, newAddr);
    inetProtoCsumReplace2(seg, field, oldPort, newPort, false);
    if (readU16(seg, field) === 0) writeU16(seg, field, CSUM_MANGLED_0);
  }
  putBytes(seg, seg.networkHeader + addr, newAddr);
  writeU16(seg, uh + port, newPort);
}
