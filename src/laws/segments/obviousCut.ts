/** Segmentation as anybody would write it who had only the frame, its unit and the RFCs: one packet for each unit. */
import { SKB_GSO_TCP_FIXEDID } from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { concat } from "../../bytes/concat.js";
import { getU32, putU16, putU32 } from "../../bytes/view.js";
import { foldedPseudoSum, type ParsedFrame } from "../../wire/frame.js";
import { IPV4_CHECK, IPV4_ID, IPV4_TOT_LEN } from "../../wire/ipv4.js";
import { IPV6_PAYLOAD_LEN } from "../../wire/ipv6.js";
import { TCP_CHECK, TCP_FLAGS, TCP_SEQ, TCPHDR_CWR, TCPHDR_FIN, TCPHDR_PSH } from "../../wire/tcp.js";
import { UDP_CHECK, UDP_LEN } from "../../wire/udp.js";

/** What one packet of several is to be told apart by. */
interface Unit {
  /** Bytes of payload before it. */
  readonly at: number;
  readonly index: number;
  readonly isLast: boolean;
}

/**
 * The packets of a UDP or TCP frame without a tunnel, each with all its checksums. `gsoType` says whether IPv4
 * identifications stay as they are.
 */
export function obviousCut(bytes: Uint8Array, parsed: ParsedFrame, unit: number, gsoType: number): Uint8Array[] {
  const payload = bytes.subarray(parsed.payloadOffset);
  const count = Math.max(1, Math.ceil(payload.length / unit));
  return Array.from({ length: count }, (_, index) => {
    const at = index * unit;
    const packet = concat([bytes.subarray(0, parsed.payloadOffset), payload.subarray(at, at + unit)]);
    setNetwork(packet, parsed, (gsoType & SKB_GSO_TCP_FIXEDID) === 0 ? index : 0);
    setTransport(packet, parsed, { at, index, isLast: index === count - 1 });
    return packet;
  });
}

function setNetwork(packet: Uint8Array, { version, l3Offset, l3HeaderLen, ipId }: ParsedFrame, step: number): void {
  if (version === 6) {
    putU16(packet, l3Offset + IPV6_PAYLOAD_LEN, packet.length - l3Offset - l3HeaderLen);
    return;
  }
  putU16(packet, l3Offset + IPV4_TOT_LEN, packet.length - l3Offset);
  putU16(packet, l3Offset + IPV4_ID, ipId + step);
  putU16(packet, l3Offset + IPV4_CHECK, 0);
  putU16(packet, l3Offset + IPV4_CHECK, csumFold(csumPartial(packet, l3Offset, l3HeaderLen, 0)));
}

function setTransport(packet: Uint8Array, parsed: ParsedFrame, { at, index, isLast }: Unit): void {
  const { l4Offset, tcp } = parsed;
  const length = packet.length - l4Offset;
  if (tcp !== undefined) {
    putU32(packet, l4Offset + TCP_SEQ, getU32(packet, l4Offset + TCP_SEQ) + at);
    const gone = (isLast ? 0 : TCPHDR_FIN | TCPHDR_PSH) | (index === 0 ? 0 : TCPHDR_CWR);
    packet[l4Offset + TCP_FLAGS] = tcp.flags & ~gone;
  } else {
    putU16(packet, l4Offset + UDP_LEN, length);
  }
  const field = l4Offset + (tcp === undefined ? UDP_CHECK : TCP_CHECK);
  putU16(packet, field, foldedPseudoSum(packet, parsed, length));
  const sum = csumFold(csumPartial(packet, l4Offset, length, 0));
  putU16(packet, field, tcp === undefined && sum === 0 ? 0xffff : sum);
}
