/** The sk_buffs of a hand-made run: an aggregate as it comes to be cut, then its segments as they ought to be. */

import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_CSUM_MASK,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_SG,
  SKB_GSO_FRAGLIST,
  SKB_GSO_PARTIAL,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import type { FragView, SharedInfoView, SkbView } from "../../recipe/Run.js";
import {
  joinBytes,
  SAMPLE_MAC_LEN,
  type SampleChecksum,
  sampleFragmentHeader,
  sampleFrame,
  sampleIpLen,
  sampleUdp,
} from "./sampleFrames.js";

/** What is cut, and how. */
export interface AggregateOptions {
  /** ipv6 unless given. */
  readonly family?: "ipv4" | "ipv6";
  /** fraglist unless given. */
  readonly gso?: "fraglist" | "udp-l4" | "ufo";
  /** Payload lengths of the datagrams; [5, 5, 3] unless given. For ufo the payloads join to one datagram. */
  readonly payloads?: readonly number[];
  /** Whether the list path was taken. As gso says unless given: a fraglist may also be cut by the generic path. */
  readonly listPath?: boolean;
  /** Payload of the first datagram unless given; 16 for ufo. */
  readonly gsoSize?: number;
  /** SG and HW_CSUM unless given. */
  readonly features?: number;
  /** ip_summed of the input: unnecessary for a fraglist unless given, else partial. */
  readonly checksum?: "unnecessary" | "partial" | "none" | "complete";
  /** The datagrams carry no UDP checksum. */
  readonly zeroChecksum?: boolean;
  /** Units of gso_size in one segment, when the generic path cuts partially. 1 unless given. */
  readonly partialSegs?: number;
  readonly ipId?: number;
}

/** The options with everything filled in. */
export type Chosen = Required<AggregateOptions>;

const HEADROOM = 64;
const PAGE = 1;
const IP_SUMMED = {
  unnecessary: CHECKSUM_UNNECESSARY,
  partial: CHECKSUM_PARTIAL,
  none: CHECKSUM_NONE,
  complete: CHECKSUM_COMPLETE,
} as const;

/** What the checksum field of each datagram held before aggregation. */
export function fieldOf(chosen: Chosen): SampleChecksum {
  if (chosen.zeroChecksum) return "zero";
  return chosen.checksum === "partial" ? "pseudo" : "full";
}

function gsoTypeOf(chosen: Chosen): number {
  if (chosen.gso === "ufo") return SKB_GSO_UDP;
  return chosen.gso === "fraglist" ? SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4 : SKB_GSO_UDP_L4;
}

interface Parts {
  readonly serial: number;
  readonly family: "ipv4" | "ipv6";
  readonly linear: Uint8Array;
  readonly bytes: Uint8Array;
  readonly frags?: readonly FragView[];
  readonly members?: readonly SkbView[];
  readonly ipSummed?: number;
  readonly gso?: { readonly size: number; readonly segs: number; readonly type: number };
  /** Where the UDP header lies in the frame. */
  readonly transportOffset?: number;
}

export function view(parts: Parts): SkbView {
  const { serial, linear, bytes, family, ipSummed = CHECKSUM_UNNECESSARY } = parts;
  const tail = HEADROOM + linear.length;
  const end = Math.ceil(tail / 64) * 64;
  const transportHeader = HEADROOM + (parts.transportOffset ?? SAMPLE_MAC_LEN + sampleIpLen(family));
  const csumStart = ipSummed === CHECKSUM_PARTIAL ? transportHeader : 0;
  const csumOffset = ipSummed === CHECKSUM_PARTIAL ? 6 : 0;
  return {
    serial,
    head: serial,
    users: 1,
    next: 0,
    prev: 0,
    len: bytes.length,
    dataLen: bytes.length - linear.length,
    data: HEADROOM,
    tail,
    end,
    macLen: SAMPLE_MAC_LEN,
    hdrLen: 0,
    macHeader: HEADROOM,
    networkHeader: HEADROOM + SAMPLE_MAC_LEN,
    transportHeader,
    innerMacHeader: 0,
    innerNetworkHeader: 0,
    innerTransportHeader: 0,
    protocol: family === "ipv4" ? 0x0800 : 0x86dd,
    ipSummed,
    csum: (csumOffset << 16) | csumStart,
    csumStart,
    csumOffset,
    csumLevel: 0,
    csumValid: false,
    encapsulation: false,
    remcsumOffload: false,
    cloned: false,
    nohdr: false,
    headFrag: false,
    slowGro: false,
    pktType: 2,
    priority: 0,
    mark: 0,
    hash: 0,
    vlanProto: 0,
    vlanTci: 0,
    truesize: end + 576 + (bytes.length - linear.length),
    sk: "",
    destructor: "",
    dst: 0,
    conntrack: 0,
    extensions: 0,
    shinfo: sharedInfo(parts),
    linear,
    bytes,
  };
}

function sharedInfo({ serial, frags = [], members = [], gso }: Parts): SharedInfoView {
  return {
    serial,
    dataref: 1,
    frags,
    members,
    gsoSize: gso?.size ?? 0,
    gsoSegs: gso?.segs ?? 0,
    gsoType: gso?.type ?? 0,
    flags: 0,
    txFlags: 0,
    tskey: 0,
    metaLen: 0,
    destructorArg: 0,
  };
}

export function inputView(chosen: Chosen, datagrams: readonly Uint8Array[], originals: readonly Uint8Array[]): SkbView {
  const { family, gsoSize } = chosen;
  const payload = joinBytes(...datagrams);
  const gso = { size: gsoSize, segs: Math.ceil(payload.length / gsoSize), type: gsoTypeOf(chosen) };
  const ipSummed = IP_SUMMED[chosen.checksum];
  const headers = aggregateHeaders(chosen, payload, originals);
  if (chosen.gso !== "fraglist") {
    const frags = [{ page: PAGE, offset: 0, len: payload.length }];
    return view({ serial: 1, family, linear: headers, bytes: joinBytes(headers, payload), frags, ipSummed, gso });
  }
  const members = originals
    .slice(1)
    .map((frame, i) => memberView(chosen, frame, datagrams[i + 1] ?? new Uint8Array(), i));
  const linear = joinBytes(headers, datagrams[0] ?? new Uint8Array());
  const whole = view({ serial: 1, family, linear, bytes: joinBytes(headers, payload), members, ipSummed, gso });
  return { ...whole, truesize: members.reduce((sum, member) => sum + member.truesize, whole.truesize - whole.dataLen) };
}

/** The headers of the aggregate: lengths that cover all of it; a checksum field as GRO or a sender leaves it. */
function aggregateHeaders(chosen: Chosen, payload: Uint8Array, originals: readonly Uint8Array[]): Uint8Array {
  const { family } = chosen;
  const udpOffset = SAMPLE_MAC_LEN + sampleIpLen(family);
  const udp = sampleUdp(family, payload, fieldOf(chosen));
  // Fraglist GRO rewrites the UDP length of the first packet and leaves its checksum alone.
  if (chosen.gso === "fraglist" && originals[0] !== undefined) {
    udp.set(originals[0].subarray(udpOffset + 6, udpOffset + 8), 6);
  }
  const frame = sampleFrame({ family, id: chosen.ipId, fragOff: chosen.gso === "ufo" ? 0 : 0x4000 }, udp);
  return frame.slice(0, udpOffset + 8);
}

/** A list member: its frame in the buffer, its data pulled up to the payload. */
function memberView(chosen: Chosen, frame: Uint8Array, payload: Uint8Array, index: number): SkbView {
  const whole = view({
    serial: 2 + index,
    family: chosen.family,
    linear: frame,
    bytes: payload,
    ipSummed: IP_SUMMED[chosen.checksum],
  });
  return {
    ...whole,
    data: HEADROOM + frame.length - payload.length,
    dataLen: 0,
    truesize: whole.end + 576,
    next: index + 2 < chosen.payloads.length ? 3 + index : 0,
  };
}

export function segmentViews(
  chosen: Chosen,
  datagrams: readonly Uint8Array[],
  originals: readonly Uint8Array[],
  input: SkbView,
): SkbView[] {
  if (chosen.listPath) {
    return originals.map((frame, k) => {
      const segment = view({
        serial: 1 + k,
        family: chosen.family,
        linear: frame,
        bytes: frame,
        ipSummed: input.ipSummed,
      });
      return k === 0 ? { ...segment, users: 2, truesize: input.truesize } : segment;
    });
  }
  const payload = joinBytes(...datagrams);
  return chosen.gso === "ufo" ? fragments(chosen, payload) : cutSegments(chosen, payload);
}

/** The segments of the generic path: datagrams of one or, when cut partially, several units of gso_size. */
function cutSegments(chosen: Chosen, payload: Uint8Array): SkbView[] {
  const { family, gsoSize, features, partialSegs } = chosen;
  const unit = gsoSize * partialSegs;
  const partialType = (features & NETIF_F_GSO_PARTIAL) !== 0 ? SKB_GSO_PARTIAL : 0;
  const offload = (features & NETIF_F_CSUM_MASK) !== 0 && chosen.checksum === "partial";
  const segments: SkbView[] = [];
  let id = chosen.ipId;
  for (let at = 0; at < payload.length; at += unit) {
    const part = payload.slice(at, at + unit);
    const last = at + unit >= payload.length;
    const segs = last && at > 0 ? Math.ceil(part.length / gsoSize) : partialSegs;
    const stillGso = partialSegs > 1 && part.length > gsoSize;
    const gso =
      partialSegs > 1
        ? { size: stillGso ? gsoSize : 0, segs: stillGso ? segs : partialSegs, type: gsoTypeOf(chosen) | partialType }
        : undefined;
    const udp = sampleUdp(family, part, offload ? "pseudo" : "full");
    const length = stillGso && partialType !== 0 ? 8 + gsoSize + (family === "ipv4" ? 20 : 0) : undefined;
    const frame = sampleFrame({ family, id: id & 0xffff, ...(length === undefined ? {} : { length }) }, udp);
    const headers = frame.length - part.length;
    const paged = (features & NETIF_F_SG) !== 0;
    segments.push(
      view({
        serial: 10 + segments.length,
        family,
        linear: paged ? frame.slice(0, headers) : frame,
        bytes: frame,
        frags: paged ? [{ page: PAGE, offset: at, len: part.length }] : [],
        ipSummed: offload ? CHECKSUM_PARTIAL : CHECKSUM_NONE,
        ...(gso === undefined ? {} : { gso }),
      }),
    );
    id += stillGso ? segs : 1;
  }
  return segments;
}

/** The IP fragments of one datagram. Every one but the last carries gso_size bytes, a multiple of eight. */
function fragments(chosen: Chosen, payload: Uint8Array): SkbView[] {
  const { family, gsoSize } = chosen;
  const udp = sampleUdp(family, payload, "full");
  const pieces: SkbView[] = [];
  for (let at = 0; at < udp.length; at += gsoSize) {
    const piece = udp.slice(at, at + gsoSize);
    const more = at + gsoSize < udp.length;
    const frame =
      family === "ipv4"
        ? sampleFrame({ family, id: chosen.ipId, fragOff: (at >> 3) | (more ? 0x2000 : 0) }, piece)
        : sampleFrame({ family, nextHeader: 44 }, joinBytes(sampleFragmentHeader(at, more, 0x12345678), piece));
    const transportOffset = SAMPLE_MAC_LEN + sampleIpLen(family) + (family === "ipv6" ? 8 : 0);
    pieces.push(view({ serial: 10 + pieces.length, family, linear: frame, bytes: frame, transportOffset }));
  }
  return pieces;
}

/** Sets `next` of each and `prev` of the first. */
export function linked(segments: readonly SkbView[]): SkbView[] {
  return segments.map((segment, k) => ({
    ...segment,
    next: segments[k + 1]?.serial ?? 0,
    prev: k === 0 ? (segments.at(-1)?.serial ?? 0) : 0,
  }));
}
