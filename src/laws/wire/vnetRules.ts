/**
 * When a tap takes a frame with a virtio_net_hdr, stated anew: what the header promises has to lie inside the frame, and
 * what it asks for has to be possible.
 */
import type { Run } from "../../recipe/Run.js";
import { TCP_CHECK, TCP_HLEN } from "../../wire/tcp.js";
import { UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { LONGEST_FRAME } from "./groShape.js";

/** The header that the recipe's program wrote, as far as taking it depends on it. */
export interface VnetRequest {
  readonly gso: "none" | "tcpv4" | "tcpv6" | "udp" | "udp-l4";
  readonly needsCsum: boolean;
  readonly csumStart: number;
  readonly csumOffset: number;
  readonly frameLength: number;
}

/** What a transport header has in it, at the least, for each type. */
const HEADER = { none: 0, tcpv4: TCP_HLEN, tcpv6: TCP_HLEN, udp: UDP_HLEN, "udp-l4": UDP_HLEN } as const;

/** The request of a run whose packet was written into a tap whole; undefined otherwise, and for frames beyond 16 bits. */
export function requestOf({ recipe, packet }: Run): VnetRequest | undefined {
  if (packet.arrival === "stack" || packet.gro !== undefined || recipe.middle.length > 0) return undefined;
  const { gso, family, checksum, checksumStart, tcp } = recipe.packet;
  const isTcp = gso === "tcp";
  if (!isTcp && gso !== "none" && gso !== "ufo" && gso !== "udp-l4") return undefined;
  const headers = packet.transportOffset + (isTcp ? TCP_HLEN + 4 * tcp.optionWords : UDP_HLEN);
  const frameLength = packet.datagrams.reduce((sum, { length }) => sum + length, headers);
  if (frameLength > LONGEST_FRAME) return undefined;
  return {
    gso: isTcp ? (family === "ipv6" ? "tcpv6" : "tcpv4") : gso === "ufo" ? "udp" : gso,
    needsCsum: checksum === "partial",
    csumStart: Math.max(0, packet.transportOffset + checksumStart),
    csumOffset: isTcp ? TCP_CHECK : UDP_CHECK,
    frameLength,
  };
}

/** Why a tap has to refuse; undefined when it has to accept. gso_size is never 0 here, and never more than 128 times too small. */
export function refusalOf({ gso, needsCsum, csumStart, csumOffset, frameLength }: VnetRequest): string | undefined {
  const networkHeader = gso === "tcpv6" ? 40 : 20;
  if (!needsCsum) {
    if (gso === "udp-l4") return "datagrams to be cut without a checksum to be made";
    return gso !== "none" && networkHeader + HEADER[gso] > frameLength ? "no room for the headers" : undefined;
  }
  if (csumStart + Math.max(HEADER[gso], csumOffset + 2) > frameLength) return "a checksum outside the frame";
  return csumStart < networkHeader ? "a checksum that starts in front of any transport header" : undefined;
}
