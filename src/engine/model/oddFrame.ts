/**
 * A frame that differs from its neighbours in one respect: what receive offload has to notice. Checksums are made right
 * again after every change but the one that is about them.
 */
import { csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../bytes/checksum.js";
import { crc32c } from "../../bytes/crc32c.js";
import { getU16, getU32, putU16, putU32 } from "../../bytes/view.js";
import type { MemberRecipe } from "../../recipe/Recipe.js";
import { ETH_HLEN, ETH_P_8021Q, ETH_PROTO } from "../../wire/ethernet.js";
import {
  IP_DF,
  IP_MF,
  IPV4_CHECK,
  IPV4_DADDR,
  IPV4_FRAG_OFF,
  IPV4_HLEN,
  IPV4_ID,
  IPV4_SADDR,
  IPV4_TOS,
  IPV4_TOT_LEN,
  IPV4_TTL,
  IPV4_VERSION_IHL,
} from "../../wire/ipv4.js";
import { IPV6_DADDR, IPV6_FLOW, IPV6_HOP_LIMIT, IPV6_SADDR } from "../../wire/ipv6.js";
import { IPPROTO_SCTP, SCTP_CHECKSUM, sctpChecksumField } from "../../wire/sctp.js";
import {
  IPPROTO_TCP,
  TCP_ACK_SEQ,
  TCP_CHECK,
  TCP_FLAGS,
  TCP_SEQ,
  TCP_WINDOW,
  TCPHDR_CWR,
  TCPHDR_FIN,
  TCPHDR_PSH,
  TCPHDR_URG,
} from "../../wire/tcp.js";
import { IPPROTO_UDP, UDP_CHECK } from "../../wire/udp.js";
import { VLAN_HLEN } from "../../wire/vlan.js";

export type Oddity = MemberRecipe["odd"];

/** Where the innermost headers of a frame are, counted from its first byte. */
export interface FrameLayout {
  readonly isIpv6: boolean;
  readonly network: number;
  readonly transport: number;
  /** IPPROTO_TCP, IPPROTO_UDP or another. */
  readonly proto: number;
  /** The transport checksum is left to somebody else: it holds the pseudo-header sum alone, that of SCTP nothing. */
  readonly isPartial: boolean;
  /** Where the frame is encapsulated: makes the headers of its tunnels right again. */
  readonly enclose?: (frame: Uint8Array) => void;
}

const LAST_OF_SOURCE_MAC = ETH_HLEN - 3;
/** Bytes that Ethernet pads short frames with. */
const PADDING = 6;
/** Far enough from anything that is due. */
const JUMP = 5;
const TCP_FLAG: Partial<Record<Oddity, number>> = {
  "flags-push": TCPHDR_PSH,
  "flags-fin": TCPHDR_FIN,
  "flags-cwr": TCPHDR_CWR,
  "flags-urgent": TCPHDR_URG,
};

/**
 * Changes the frame in place where its length stays, and returns it; else a new one. What the frame's protocol has no
 * place for leaves it as it is.
 *
 * @param first the first frame of the batch, whose identification an `id-repeats` frame has
 */
export function makeOdd(frame: Uint8Array, odd: Oddity, layout: FrameLayout, first: Uint8Array): Uint8Array {
  switch (odd) {
    case "nothing":
    case "checksum-state":
      return frame;
    case "padding":
      return Uint8Array.from([...frame, ...new Uint8Array(PADDING)]);
    case "vlan":
      return withTag(frame);
    case "mac":
      frame[LAST_OF_SOURCE_MAC] = (frame[LAST_OF_SOURCE_MAC] as number) ^ 0x40;
      return frame;
    case "bad-checksum":
    case "zero-checksum":
      return withWrongChecksum(frame, odd, layout);
    case "options":
      return withOptions(frame, layout);
    default:
      changeHeader(frame, odd, layout, first);
      settleChecksums(frame, layout);
      return frame;
  }
}

/** Sets the source port of a flow of its own. */
export function moveToFlow(frame: Uint8Array, flow: number, layout: FrameLayout): void {
  if (flow === 0) return;
  putU16(frame, layout.transport, (getU16(frame, layout.transport) + flow) & 0xffff);
  settleChecksums(frame, layout);
}

function withTag(frame: Uint8Array): Uint8Array {
  const out = new Uint8Array(frame.length + VLAN_HLEN);
  out.set(frame.subarray(0, ETH_PROTO));
  putU16(out, ETH_PROTO, ETH_P_8021Q);
  putU16(out, ETH_PROTO + 2, 1);
  out.set(frame.subarray(ETH_PROTO), ETH_PROTO + VLAN_HLEN);
  return out;
}

function withWrongChecksum(frame: Uint8Array, odd: Oddity, { transport, proto, enclose }: FrameLayout): Uint8Array {
  const at = checksumField(proto);
  if (at === undefined) return frame;
  putU16(frame, transport + at, odd === "zero-checksum" ? 0 : wrongInstead(getU16(frame, transport + at)));
  enclose?.(frame);
  return frame;
}

/** Never 0, which says of a datagram that it has no checksum. */
const wrongInstead = (check: number): number => check ^ 0x1234 || 0x4321;

/** Four bytes of IPv4 options that mean nothing; IPv6 has no place for them, and a tunnel's lengths would not fit. */
function withOptions(frame: Uint8Array, layout: FrameLayout): Uint8Array {
  const { network, isIpv6 } = layout;
  const words = (frame[network] as number) & 0xf;
  if (isIpv6 || words === 15 || layout.enclose !== undefined) return frame;
  const at = network + IPV4_HLEN;
  const out = Uint8Array.from([...frame.subarray(0, at), 1, 1, 1, 1, ...frame.subarray(at)]);
  out[network + IPV4_VERSION_IHL] = 0x40 | (words + 1);
  putU16(out, network + IPV4_TOT_LEN, getU16(out, network + IPV4_TOT_LEN) + 4);
  settleChecksums(out, { ...layout, transport: layout.transport + 4 });
  return out;
}

function changeHeader(frame: Uint8Array, odd: Oddity, layout: FrameLayout, first: Uint8Array): void {
  const { network, transport, isIpv6, proto } = layout;
  const isTcp = proto === IPPROTO_TCP;
  switch (odd) {
    case "hop-limit": {
      const at = network + (isIpv6 ? IPV6_HOP_LIMIT : IPV4_TTL);
      frame[at] = ((frame[at] as number) + 1) & 0xff;
      break;
    }
    case "traffic-class":
      if (isIpv6) putU32(frame, network + IPV6_FLOW, (getU32(frame, network + IPV6_FLOW) ^ 0x0040_0000) >>> 0);
      else frame[network + IPV4_TOS] = (frame[network + IPV4_TOS] as number) ^ 4;
      break;
    case "dont-fragment":
    case "fragment":
      if (isIpv6) break;
      putU16(
        frame,
        network + IPV4_FRAG_OFF,
        getU16(frame, network + IPV4_FRAG_OFF) ^ (odd === "fragment" ? IP_MF : IP_DF),
      );
      break;
    case "id-repeats":
      if (!isIpv6) putU16(frame, network + IPV4_ID, getU16(first, network + IPV4_ID));
      break;
    case "id-jumps":
      if (!isIpv6) putU16(frame, network + IPV4_ID, (getU16(frame, network + IPV4_ID) + JUMP) & 0xffff);
      break;
    case "ack":
      if (isTcp) putU32(frame, transport + TCP_ACK_SEQ, (getU32(frame, transport + TCP_ACK_SEQ) + 1) >>> 0);
      break;
    case "window":
      if (isTcp) putU16(frame, transport + TCP_WINDOW, getU16(frame, transport + TCP_WINDOW) ^ 1);
      break;
    case "sequence-gap":
      if (isTcp) putU32(frame, transport + TCP_SEQ, (getU32(frame, transport + TCP_SEQ) + JUMP) >>> 0);
      break;
    default: {
      const flag = TCP_FLAG[odd];
      if (isTcp && flag !== undefined) frame[transport + TCP_FLAGS] = (frame[transport + TCP_FLAGS] as number) | flag;
    }
  }
}

const checksumField = (proto: number): number | undefined =>
  proto === IPPROTO_TCP ? TCP_CHECK : proto === IPPROTO_UDP ? UDP_CHECK : undefined;

/** All checksums as they have to be now; a datagram without a checksum stays without one. */
function settleChecksums(frame: Uint8Array, layout: FrameLayout): void {
  const { network, transport, isIpv6, proto, isPartial } = layout;
  if (!isIpv6) {
    putU16(frame, network + IPV4_CHECK, 0);
    putU16(frame, network + IPV4_CHECK, csumFold(csumPartial(frame, network, transport - network, 0)));
  }
  if (proto === IPPROTO_SCTP && !isPartial) {
    putU32(frame, transport + SCTP_CHECKSUM, 0);
    const crc = crc32c(frame, transport, frame.length - transport, 0xffff_ffff);
    putU32(frame, transport + SCTP_CHECKSUM, sctpChecksumField(crc));
  }
  settleInternetChecksum(frame, layout);
  layout.enclose?.(frame);
}

function settleInternetChecksum(frame: Uint8Array, layout: FrameLayout): void {
  const { network, transport, isIpv6, proto, isPartial } = layout;
  const field = checksumField(proto);
  if (field === undefined || (proto === IPPROTO_UDP && getU16(frame, transport + field) === 0)) return;
  const len = frame.length - transport;
  const pseudo = isIpv6
    ? pseudoSumV6(frame, network + IPV6_SADDR, network + IPV6_DADDR, len, proto, 0)
    : pseudoSumV4(frame, network + IPV4_SADDR, network + IPV4_DADDR, len, proto, 0);
  if (isPartial) {
    putU16(frame, transport + field, ~csumFold(pseudo) & 0xffff);
    return;
  }
  putU16(frame, transport + field, 0);
  const sum = csumFold(csumPartial(frame, transport, len, pseudo));
  putU16(frame, transport + field, proto === IPPROTO_UDP ? sum || 0xffff : sum);
}
