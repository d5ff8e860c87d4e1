/** The sk_buffs of a hand-made run: an aggregate as it comes to be cut, then its segments as they ought to be. */

import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_CSUM_MASK,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  SKB_GSO_PARTIAL,
} from "../../abi/features.js";
import type { FragView, SharedInfoView, SkbView } from "../../recipe/Run.js";
import {
  joinBytes,
  SAMPLE_MAC_LEN,
  sampleFragmentHeader,
  sampleFrame,
  sampleIpLen,
  sampleOuterPseudo,
  sampleUdp,
} from "./sampleFrames.js";
import {
  type Chosen,
  CSUM_OFFSET,
  CWR,
  END_FLAGS,
  fieldOf,
  gsoTypeOf,
  innerLayout,
  isList,
  L4_HEADER,
  partFrame,
} from "./samplePackets.js";

const HEADROOM = 64;
const PAGE = 1;
const IP_SUMMED = {
  unnecessary: CHECKSUM_UNNECESSARY,
  partial: CHECKSUM_PARTIAL,
  none: CHECKSUM_NONE,
  complete: CHECKSUM_COMPLETE,
} as const;

interface Parts {
  readonly serial: number;
  readonly family: "ipv4" | "ipv6";
  readonly linear: Uint8Array;
  readonly bytes: Uint8Array;
  readonly frags?: readonly FragView[];
  readonly members?: readonly SkbView[];
  readonly ipSummed?: number;
  readonly gso?: { readonly size: number; readonly segs: number; readonly type: number };
  /** Where the transport header lies in the frame. */
  readonly transportOffset?: number;
  /** Where the field lies behind it: UDP's unless given. */
  readonly csumOffset?: number;
  /** Of a packet in a tunnel: inner headers in the frame, and whether it is marked as encapsulated. */
  readonly inner?: {
    readonly mac: number;
    readonly network: number;
    readonly transport: number;
    readonly marked: boolean;
  };
}

export function view(parts: Parts): SkbView {
  const { serial, linear, bytes, family, ipSummed = CHECKSUM_UNNECESSARY } = parts;
  const tail = HEADROOM + linear.length;
  const end = Math.ceil(tail / 64) * 64;
  const transportHeader = HEADROOM + (parts.transportOffset ?? SAMPLE_MAC_LEN + sampleIpLen(family));
  const { inner } = parts;
  const isPartial = ipSummed === CHECKSUM_PARTIAL;
  const csumStart = isPartial ? (inner === undefined ? transportHeader : HEADROOM + inner.transport) : 0;
  const csumOffset = isPartial ? (parts.csumOffset ?? 6) : 0;
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
    innerMacHeader: inner === undefined ? 0 : HEADROOM + inner.mac,
    innerNetworkHeader: inner === undefined ? 0 : HEADROOM + inner.network,
    innerTransportHeader: inner === undefined ? 0 : HEADROOM + inner.transport,
    protocol: family === "ipv4" || inner !== undefined ? 0x0800 : 0x86dd,
    ipSummed,
    csum: (csumOffset << 16) | csumStart,
    csumStart,
    csumOffset,
    csumLevel: 0,
    csumValid: false,
    encapsulation: inner?.marked ?? false,
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

/** What all views of a run have in common. */
function common(chosen: Chosen, marked: boolean): Pick<Parts, "family" | "transportOffset" | "csumOffset" | "inner"> {
  const { outer, network, transport } = innerLayout(chosen);
  const base = { family: chosen.family, csumOffset: CSUM_OFFSET[chosen.gso] };
  if (chosen.tunnel === "none") return { ...base, transportOffset: transport };
  const inner = { mac: outer, network, transport, marked };
  return { ...base, transportOffset: chosen.tunnel === "ip" ? transport : SAMPLE_MAC_LEN + 20, inner };
}

export function inputView(chosen: Chosen, datagrams: readonly Uint8Array[], originals: readonly Uint8Array[]): SkbView {
  const { gsoSize } = chosen;
  const payload = joinBytes(...datagrams);
  const gso = { size: gsoSize, segs: Math.ceil(payload.length / gsoSize), type: gsoTypeOf(chosen) };
  const ipSummed = IP_SUMMED[chosen.checksum];
  const headers = aggregateHeaders(chosen, payload, originals);
  const own = { serial: 1, ...common(chosen, true), ipSummed, gso };
  if (chosen.gso === "sctp") {
    const members = datagrams.map((chunk, i) => {
      const last = i === datagrams.length - 1;
      return { ...view({ serial: 2 + i, family: chosen.family, linear: chunk, bytes: chunk }), next: last ? 0 : 3 + i };
    });
    return view({
      ...own,
      linear: headers,
      bytes: joinBytes(headers, payload),
      members,
      gso: { ...gso, segs: members.length },
    });
  }
  if (!isList(chosen)) {
    const frags = [{ page: PAGE, offset: 0, len: payload.length }];
    return view({ ...own, linear: headers, bytes: joinBytes(headers, payload), frags });
  }
  const members = originals
    .slice(1)
    .map((frame, i) => memberView(chosen, frame, datagrams[i + 1] ?? new Uint8Array(), i));
  const linear = joinBytes(headers, datagrams[0] ?? new Uint8Array());
  const whole = view({ ...own, linear, bytes: joinBytes(headers, payload), members });
  return { ...whole, truesize: members.reduce((sum, member) => sum + member.truesize, whole.truesize - whole.dataLen) };
}

/** The headers of the aggregate: lengths that cover all of it; a checksum field as GRO or a sender leaves it. */
function aggregateHeaders(chosen: Chosen, payload: Uint8Array, originals: readonly Uint8Array[]): Uint8Array {
  const { transport } = innerLayout(chosen);
  const checksum = fieldOf(chosen);
  const fragOff = chosen.gso === "ufo" ? { fragOff: 0 } : {};
  const frame = partFrame(chosen, { payload, at: 0, index: 0, checksum, ...fragOff });
  const field = transport + CSUM_OFFSET[chosen.gso];
  // Fraglist GRO rewrites the lengths of the first packet and leaves its checksum alone.
  if (isList(chosen) && originals[0] !== undefined) frame.set(originals[0].subarray(field, field + 2), field);
  if (chosen.tunnel === "vxlan" && chosen.outerChecksum) frame.set(sampleOuterPseudo(frame.length - 34), 40);
  if (chosen.tunnel === "gre" && chosen.outerChecksum) frame.set([0, 0], 38);
  return frame.slice(0, transport + L4_HEADER[chosen.gso]);
}

/** A list member: its frame in the buffer, its data pulled up to the payload. */
function memberView(chosen: Chosen, frame: Uint8Array, payload: Uint8Array, index: number): SkbView {
  const whole = view({
    serial: 2 + index,
    ...common(chosen, false),
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
        ...common(chosen, chosen.checksum === "partial"),
        linear: frame,
        bytes: frame,
        ipSummed: input.ipSummed,
      });
      return k === 0 ? { ...segment, users: 2, truesize: input.truesize } : segment;
    });
  }
  const payload = joinBytes(...datagrams);
  if (chosen.gso === "sctp") return messages(chosen, datagrams);
  return chosen.gso === "ufo" ? fragments(chosen, payload) : cutSegments(chosen, payload);
}

/** One segment for each chunk of an SCTP packet, all bytes copied. */
function messages(chosen: Chosen, datagrams: readonly Uint8Array[]): SkbView[] {
  const offload = (chosen.features & NETIF_F_SCTP_CRC) !== 0;
  return datagrams.map((payload, index) => {
    const frame = partFrame(chosen, { payload, at: 0, index, checksum: offload ? "zero" : "full" });
    return view({
      serial: 10 + index,
      ...common(chosen, offload),
      linear: frame,
      bytes: frame,
      ipSummed: offload ? CHECKSUM_PARTIAL : CHECKSUM_NONE,
    });
  });
}

/** The segments of the generic path: packets of one or, when cut partially, several units of gso_size. */
function cutSegments(chosen: Chosen, payload: Uint8Array): SkbView[] {
  const { family, gsoSize, features, partialSegs } = chosen;
  const unit = gsoSize * partialSegs;
  const partialType = (features & NETIF_F_GSO_PARTIAL) !== 0 ? SKB_GSO_PARTIAL : 0;
  const offload = (features & NETIF_F_CSUM_MASK) !== 0 && chosen.checksum === "partial";
  const segments: SkbView[] = [];
  let index = 0;
  for (let at = 0; at < payload.length; at += unit) {
    const part = payload.slice(at, at + unit);
    const last = at + unit >= payload.length;
    const segs = last && at > 0 ? Math.ceil(part.length / gsoSize) : partialSegs;
    const stillGso = partialSegs > 1 && part.length > gsoSize;
    const gso =
      partialSegs > 1
        ? { size: stillGso ? gsoSize : 0, segs: stillGso ? segs : partialSegs, type: gsoTypeOf(chosen) | partialType }
        : undefined;
    const oneUnit = L4_HEADER[chosen.gso] + gsoSize + (family === "ipv4" ? 20 : 0);
    const frame = partFrame(chosen, {
      payload: part,
      at,
      index,
      checksum: offload ? "pseudo" : "full",
      flags: chosen.tcpFlags & ~((last ? 0 : END_FLAGS) | (at > 0 ? CWR : 0)),
      ...(stillGso && partialType !== 0 ? { length: oneUnit } : {}),
    });
    const headers = frame.length - part.length;
    const paged = (features & NETIF_F_SG) !== 0;
    segments.push(
      view({
        serial: 10 + segments.length,
        ...common(chosen, offload),
        linear: paged ? frame.slice(0, headers) : frame,
        bytes: frame,
        frags: paged ? [{ page: PAGE, offset: at, len: part.length }] : [],
        ipSummed: offload ? CHECKSUM_PARTIAL : CHECKSUM_NONE,
        ...(gso === undefined ? {} : { gso }),
      }),
    );
    index += stillGso ? segs : 1;
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
        : sampleFrame({ family, protocol: 44 }, joinBytes(sampleFragmentHeader(at, more, 0x12345678), piece));
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
