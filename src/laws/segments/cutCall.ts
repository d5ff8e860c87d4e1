/**
 * A segmentation call that gave a list, with what most laws want to know of it: the input's headers, where the payload
 * begins in a segment, whether the generic path cut in units larger than gso_size.
 *
 * Everything is worked out once for each run. Offsets come from the input's headers and not from a segment's, so that a
 * broken header in a segment is judged and not believed.
 */

import {
  CHECKSUM_PARTIAL,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SCTP_CRC,
  NETIF_F_SG,
  SKB_GSO_PARTIAL,
  SKB_GSO_SCTP,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import type { Run, SegmentationCall, SkbView } from "../../recipe/Run.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { IPV6_HLEN } from "../../wire/ipv6.js";
import { suffixOfType } from "../gsoKind.js";
import { GSO_TCP, GSO_TUNNELS, gsoLayerIndex, type TransportLayer } from "../gsoLayer.js";
import { withoutJumboHeader } from "../jumboHeader.js";
import { Findings, type Verdict, type Violation } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";

const IPV6_FRAG_HLEN = 8;

export interface Segment {
  readonly index: number;
  readonly view: SkbView;
  /** From the MAC header on; undefined when the segment cannot be read whole. */
  readonly bytes: Uint8Array | undefined;
  /** Behind the replicated headers; for a fragment, the piece that it carries of the datagram. */
  readonly payload: Uint8Array | undefined;
}

export interface CutCall {
  readonly call: SegmentationCall;
  /** Place in `run.calls`. */
  readonly index: number;
  readonly segments: readonly Segment[];
  /**
   * Datagrams were cut from a payload (UDP_L4), pieces from a byte stream (TCP), one packet taken for each member (SCTP), or
   * fragments cut from a datagram (UFO).
   */
  readonly into: "datagrams" | "stream" | "messages" | "fragments" | "unknown";
  /**
   * For the signature: `list path`, `generic path` or `fragments`, with a word more where another holder ran in the
   * middle, and the kind of packet unless it was plain UDP. What only a race can do must not hide what happens anyway.
   */
  readonly path: string;
  /** ` (tcp)`, ` (udp-l4 in a tunnel)`; nothing for plain UDP. For places that do not begin with the path. */
  readonly kind: string;
  /**
   * The input's bytes, or its linear part where not all can be read. Without the jumbo header of a packet above 65535
   * bytes: no segment needs that.
   */
  readonly template: Uint8Array;
  /** The headers in it, from the outermost layer in to the one that was cut; none when they cannot be read. */
  readonly layers: readonly FrameLayer[];
  /** The layer that was cut, with a whole transport header. */
  readonly headers: TransportLayer | undefined;
  /** Bytes in front of the payload in a segment; 0 without headers. */
  readonly headerLen: number;
  /** What was there to cut; undefined when the input cannot be read whole. */
  readonly payload: Uint8Array | undefined;
  /** Segments may carry several units of gso_size because a device promised to cut them further. */
  readonly partial: boolean;
}

const known = new WeakMap<Run, readonly CutCall[]>();

/** The calls of a run that gave a list. */
export function cutCalls(run: Run): readonly CutCall[] {
  const before = known.get(run);
  if (before !== undefined) return before;
  const cuts = run.calls.flatMap((call, index) => (call.result === "list" ? [cutCall(call, index)] : []));
  known.set(run, cuts);
  return cuts;
}

/**
 * Runs a check over every call that gave a list. What a call that was interrupted broke is one violation at one place:
 * which of its parts a race hits is chance.
 */
export function checkCalls(run: Run, check: (cut: CutCall, findings: Findings) => void): Verdict {
  const findings = new Findings();
  for (const cut of cutCalls(run)) {
    if (!cut.call.interrupted) {
      check(cut, findings);
      continue;
    }
    const own = new Findings();
    check(cut, own);
    const verdict = own.verdict();
    if (verdict === "holds") findings.applies();
    else if (verdict !== "not-applicable") findings.broken({ ...(verdict[0] as Violation), place: cut.path });
  }
  return findings.verdict();
}

/** Where a violation lies, for the reader. */
export const placeOf = ({ call, index }: CutCall, segment?: Segment): Readonly<Record<string, number>> =>
  segment === undefined
    ? { holder: call.holder, call: index }
    : { holder: call.holder, call: index, segment: segment.index };

/**
 * Whether the packet of a call was taken apart and put together anew since the run began: a veth pair does so. What it
 * was made of at first then says nothing.
 */
export const isSecondPass = ({ holders, calls }: Run, { call, index }: CutCall): boolean =>
  holders[call.holder]?.exit === "veth" && calls.slice(0, index).some(({ holder }) => holder === call.holder);

/** Whether segments are whole packets of some transport, and not fragments of one. */
export const intoPackets = ({ into }: CutCall): boolean => into !== "fragments" && into !== "unknown";

/**
 * The layer of a segment that answers to the one that was cut: read from the segment itself. Undefined when its headers
 * no longer lead there.
 */
export function layerOf({ headers, layers }: CutCall, bytes: Uint8Array): TransportLayer | undefined {
  const layer = parsedLayers(bytes)[layers.length - 1];
  if (headers === undefined || layer === undefined || layer.version === 0) return undefined;
  const isSame = ["udp", "tcp", "sctp"].every(
    (key) => (headers[key as "udp"] === undefined) === (layer[key as "udp"] === undefined),
  );
  return isSame ? (layer as TransportLayer) : undefined;
}

/** Whether a device is to finish the checksum of the transport that was cut, and not that of a tunnel around it. */
export function isUnfinished({ headers, layers }: CutCall, { ipSummed, csumStart, macHeader }: SkbView): boolean {
  if (ipSummed !== CHECKSUM_PARTIAL || headers === undefined) return false;
  return layers.length === 1 || csumStart - macHeader === headers.l4Offset;
}

/** Whether a device with these features can sum a TCP or UDP packet of this family (can_checksum_protocol). */
export function canChecksum(features: number, version: 4 | 6): boolean {
  const own = version === 4 ? NETIF_F_IP_CSUM : NETIF_F_IPV6_CSUM;
  return (features & (NETIF_F_HW_CSUM | own)) !== 0;
}

/** The same for the packets of a call. A CRC needs a feature of its own. */
export const canChecksumCut = ({ headers, call, into }: CutCall): boolean =>
  into === "messages" ? (call.features & NETIF_F_SCTP_CRC) !== 0 : canChecksum(call.features, headers?.version ?? 4);

/** The bytes that a length field has to cover, beginning at `from`: for a unit of a partial segment, one datagram's. */
export function lengthDue(cut: CutCall, segment: Segment, from: number): number {
  const first = cut.segments[0]?.view.shinfo;
  const partialType = first !== undefined && (first.gsoType & SKB_GSO_PARTIAL) !== 0;
  const { gsoSize } = segment.view.shinfo;
  if (cut.partial && partialType && gsoSize !== 0 && intoPackets(cut)) return gsoSize + cut.headerLen - from;
  return segment.view.len - from;
}

/** A packet trimmed after aggregation has a header that promises more, and so have the members of its list. */
export function lengthIsConsistent({ headers, call }: CutCall): boolean {
  if (headers === undefined) return false;
  if (headers.udp !== undefined) return headers.udp.length === call.input.len - headers.l4Offset;
  const covered = call.input.len - headers.l3Offset - (headers.version === 6 ? IPV6_HLEN : 0);
  return headers.ipTotalLen === (covered > 0xffff ? 0 : covered);
}

function cutCall(call: SegmentationCall, index: number): CutCall {
  const { input } = call;
  const { gsoType } = input.shinfo;
  const into = whatIsCut(gsoType);
  const template = withoutJumboHeader(input.bytes ?? input.linear, input);
  const all = parsedLayers(template);
  // Behind a port that was translated nobody recognises a tunnel.
  const isLost = (gsoType & GSO_TUNNELS) !== 0 && all.length === 1;
  const layers = isLost ? [] : all.slice(0, gsoLayerIndex(all, gsoType) + 1);
  const headers = layers.at(-1) as TransportLayer | undefined;
  const headerLen = headers === undefined ? 0 : replicatedBytes(headers, into);
  const kind = suffixOfType(
    gsoType,
    layers.slice(0, -1).flatMap(({ carries }) => carries?.kind ?? []),
  );
  return {
    call,
    index,
    segments: call.segments.map((view, i) => ({
      index: i,
      view,
      bytes: view.bytes,
      payload: headers !== undefined && view.bytes !== undefined ? view.bytes.subarray(headerLen) : undefined,
    })),
    into,
    path: pathOf(call, into) + kind,
    kind,
    template,
    layers,
    headers,
    headerLen,
    payload:
      headers && input.bytes && template.subarray(into === "fragments" ? headers.l4Offset : headers.payloadOffset),
    partial: mayBePartial(call, layers, into) && (call.segments[0]?.shinfo.gsoSize ?? 0) !== 0,
  };
}

function whatIsCut(gsoType: number): CutCall["into"] {
  if ((gsoType & GSO_TCP) !== 0) return "stream";
  if ((gsoType & SKB_GSO_UDP_L4) !== 0) return "datagrams";
  if ((gsoType & SKB_GSO_SCTP) !== 0) return "messages";
  return (gsoType & SKB_GSO_UDP) !== 0 ? "fragments" : "unknown";
}

function pathOf(call: SegmentationCall, into: CutCall["into"]): string {
  const path = call.listPath ? "list path" : into === "fragments" ? "fragments" : "generic path";
  return call.interrupted ? `${path}, interrupted` : path;
}

function replicatedBytes(headers: TransportLayer, into: CutCall["into"]): number {
  if (into !== "fragments") return headers.payloadOffset;
  return headers.l4Offset + (headers.version === 6 ? IPV6_FRAG_HLEN : 0);
}

/**
 * Needs SG, a checksum in hardware, and either GSO_PARTIAL or a frag_list as the only obstacle. What a device can do
 * inside a tunnel is not known here.
 */
function mayBePartial(
  { input, features, listPath }: SegmentationCall,
  layers: readonly FrameLayer[],
  into: CutCall["into"],
): boolean {
  const [outermost] = layers;
  if (listPath || outermost === undefined || (features & NETIF_F_SG) === 0 || into === "messages") return false;
  if (into !== "fragments" && layers.length === 1 && !canChecksum(features, outermost.version as 4 | 6)) return false;
  return (features & NETIF_F_GSO_PARTIAL) !== 0 || input.shinfo.members.length > 0 || layers.length > 1;
}
