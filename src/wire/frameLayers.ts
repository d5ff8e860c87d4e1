/**
 * Takes an encapsulated frame apart, layer by layer: VXLAN, GRE around Ethernet or IP, IP in IP, MPLS, NSH. For whoever
 * judges frames, as frame.ts; the modelled kernel never uses it.
 *
 * Left out: GRE with routing, VXLAN on another port than the registered one, Ethernet under an MPLS label stack.
 */
import { getU16 } from "../bytes/view.js";
import { ETH_P_IP, ETH_P_IPV6, ETH_P_TEB, isMplsType } from "./ethernet.js";
import { type ParsedFrame, parseHeaders } from "./frame.js";
import { UDP_HLEN } from "./udp.js";

/** Registered by IANA (RFC 7348). */
export const VXLAN_PORT = 4789;

export type TunnelKind = "vxlan" | "gre" | "gre-ip" | "ip" | "mpls" | "nsh";

/** What stands between the headers of one layer and those of the next. */
export interface Encapsulation {
  readonly kind: TunnelKind;
  /** Of the VXLAN, GRE or NSH header or of the label stack; where the inner header begins for IP in IP. */
  readonly offset: number;
  readonly length: number;
  /** Where the GRE checksum stands, if the header has one. */
  readonly checksumOffset: number | undefined;
  /** What follows. */
  readonly inner: "ethernet" | number;
}

export interface FrameLayer extends ParsedFrame {
  /** Where its first header begins. */
  readonly start: number;
  /** Undefined for the innermost. The last layer of a frame that is cut short further in has one too. */
  readonly carries: Encapsulation | undefined;
}

/** More than any frame of 1500 bytes is likely to hold; keeps hostile frames from going on for ever. */
const MOST_LAYERS = 16;

const IPPROTO_IPIP = 4;
const IPPROTO_IPV6 = 41;
const IPPROTO_GRE = 47;
const ETH_P_NSH = 0x894f;

const VXLAN_HLEN = 8;
const VXLAN_FLAG_VNI = 0x08;

const GRE_HLEN = 4;
const GRE_CHECKSUM = 0x8000;
const GRE_KEY = 0x2000;
const GRE_SEQUENCE = 0x1000;

const MPLS_HLEN = 4;
const MPLS_BOTTOM = 0x01;

const NSH_HLEN = 8;
const NSH_NEXT = { 1: ETH_P_IP, 2: ETH_P_IPV6, 3: "ethernet", 4: ETH_P_NSH } as const;

/** The layers of a frame from the outermost in; none when even that cannot be read. */
export function parseLayers(bytes: Uint8Array): readonly FrameLayer[] {
  const layers: FrameLayer[] = [];
  let start = 0;
  let type: "ethernet" | number = "ethernet";
  while (layers.length < MOST_LAYERS) {
    const headers = parseHeaders(bytes, start, type);
    if (headers === undefined) break;
    const carries = encapsulationOf(bytes, headers);
    layers.push({ ...headers, start, carries });
    if (carries === undefined) break;
    start = carries.offset + carries.length;
    type = carries.inner;
  }
  return layers;
}

function encapsulationOf(bytes: Uint8Array, layer: ParsedFrame): Encapsulation | undefined {
  if (layer.version === 0) {
    if (isMplsType(layer.etherType)) return labelStack(bytes, layer.l3Offset);
    return layer.etherType === ETH_P_NSH ? serviceHeader(bytes, layer.l3Offset) : undefined;
  }
  if (layer.fragment !== undefined && layer.fragment.offset > 0) return undefined;
  if (layer.udp !== undefined) return vxlan(bytes, layer);
  switch (layer.l4Proto) {
    case IPPROTO_IPIP:
      return plain("ip", layer.l4Offset, 0, ETH_P_IP);
    case IPPROTO_IPV6:
      return plain("ip", layer.l4Offset, 0, ETH_P_IPV6);
    case IPPROTO_GRE:
      return gre(bytes, layer.l4Offset);
    default:
      return undefined;
  }
}

const plain = (kind: TunnelKind, offset: number, length: number, inner: "ethernet" | number): Encapsulation => ({
  kind,
  offset,
  length,
  checksumOffset: undefined,
  inner,
});

/** RFC 7348. */
function vxlan(bytes: Uint8Array, layer: ParsedFrame): Encapsulation | undefined {
  const at = layer.l4Offset + UDP_HLEN;
  if (layer.udp?.destinationPort !== VXLAN_PORT || bytes.length < at + VXLAN_HLEN) return undefined;
  return (bytes[at]! & VXLAN_FLAG_VNI) === 0 ? undefined : plain("vxlan", at, VXLAN_HLEN, "ethernet");
}

/** RFC 2784 with the key and sequence number of RFC 2890. */
function gre(bytes: Uint8Array, at: number): Encapsulation | undefined {
  if (bytes.length < at + GRE_HLEN) return undefined;
  const flags = getU16(bytes, at);
  const optional = [GRE_CHECKSUM, GRE_KEY, GRE_SEQUENCE].filter((bit) => (flags & bit) !== 0).length;
  const length = GRE_HLEN + 4 * optional;
  if (bytes.length < at + length) return undefined;
  const protocol = getU16(bytes, at + 2);
  return {
    kind: protocol === ETH_P_TEB ? "gre" : "gre-ip",
    offset: at,
    length,
    checksumOffset: (flags & GRE_CHECKSUM) === 0 ? undefined : at + GRE_HLEN,
    inner: protocol === ETH_P_TEB ? "ethernet" : protocol,
  };
}

/** RFC 3032. The stack does not say what is under it; IP announces itself by its version. */
function labelStack(bytes: Uint8Array, at: number): Encapsulation | undefined {
  let end = at;
  do end += MPLS_HLEN;
  while (end < bytes.length && (bytes[end - 2]! & MPLS_BOTTOM) === 0);
  if (end >= bytes.length) return undefined;
  const version = bytes[end]! >>> 4;
  if (version !== 4 && version !== 6) return undefined;
  return plain("mpls", at, end - at, version === 4 ? ETH_P_IP : ETH_P_IPV6);
}

/** RFC 8300. */
function serviceHeader(bytes: Uint8Array, at: number): Encapsulation | undefined {
  if (bytes.length < at + NSH_HLEN) return undefined;
  const length = (bytes[at + 1]! & 0x3f) * 4;
  const next = NSH_NEXT[bytes[at + 3] as keyof typeof NSH_NEXT];
  return length < NSH_HLEN || next === undefined ? undefined : plain("nsh", at, length, next);
}
