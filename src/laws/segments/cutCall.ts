/**
 * A segmentation call that gave a list, with what most laws want to know of it: the input's headers, where the payload
 * begins in a segment, whether the generic path cut in units larger than gso_size.
 *
 * Everything is worked out once for each run. Offsets come from the input's headers and not from a segment's, so that a
 * broken header in a segment is judged and not believed.
 */

import {
  NETIF_F_GSO_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SG,
  SKB_GSO_PARTIAL,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import type { Run, SegmentationCall, SkbView } from "../../recipe/Run.js";
import type { ParsedFrame, ParsedUdp } from "../../wire/frame.js";
import { Findings, type Verdict, type Violation } from "../law.js";
import { parsedFrame } from "../parsedFrame.js";

const IPV6_FRAG_HLEN = 8;

/** The input's headers: IPv4 or IPv6 with a whole UDP header. */
export interface UdpHeaders extends ParsedFrame {
  readonly version: 4 | 6;
  readonly udp: ParsedUdp;
}

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
  /** Datagrams were cut from a payload (UDP_L4), or fragments from a datagram (UFO). */
  readonly into: "datagrams" | "fragments" | "unknown";
  /**
   * For the signature: `list path`, `generic path` or `fragments`, with a word more where another holder ran in the
   * middle. What only a race can do must not hide what happens anyway.
   */
  readonly path: string;
  readonly headers: UdpHeaders | undefined;
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

/** Whether a device with these features can sum a UDP packet of this family (can_checksum_protocol). */
export function canChecksum(features: number, version: 4 | 6): boolean {
  const own = version === 4 ? NETIF_F_IP_CSUM : NETIF_F_IPV6_CSUM;
  return (features & (NETIF_F_HW_CSUM | own)) !== 0;
}

/** The bytes that a length field has to cover, beginning at `from`: for a unit of a partial segment, one datagram's. */
export function lengthDue(cut: CutCall, segment: Segment, from: number): number {
  const first = cut.segments[0]?.view.shinfo;
  const partialType = first !== undefined && (first.gsoType & SKB_GSO_PARTIAL) !== 0;
  const { gsoSize } = segment.view.shinfo;
  if (cut.partial && partialType && gsoSize !== 0 && cut.into === "datagrams") return gsoSize + cut.headerLen - from;
  return segment.view.len - from;
}

/** A packet trimmed after aggregation has a header that promises more, and so have the members of its list. */
export function lengthIsConsistent({ headers, call }: CutCall): boolean {
  return headers !== undefined && headers.udp.length === call.input.len - headers.l4Offset;
}

function cutCall(call: SegmentationCall, index: number): CutCall {
  const { input } = call;
  const { gsoType } = input.shinfo;
  const into = (gsoType & SKB_GSO_UDP_L4) !== 0 ? "datagrams" : (gsoType & SKB_GSO_UDP) !== 0 ? "fragments" : "unknown";
  const headers = udpHeaders(input.bytes ?? input.linear);
  const headerLen = headers === undefined ? 0 : replicatedBytes(headers, into);
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
    path: pathOf(call, into),
    headers,
    headerLen,
    payload: headers && input.bytes?.subarray(into === "fragments" ? headers.l4Offset : headers.payloadOffset),
    partial: mayBePartial(call, headers, into) && (call.segments[0]?.shinfo.gsoSize ?? 0) !== 0,
  };
}

function pathOf(call: SegmentationCall, into: CutCall["into"]): string {
  const path = call.listPath ? "list path" : into === "fragments" ? "fragments" : "generic path";
  return call.interrupted ? `${path}, interrupted` : path;
}

function udpHeaders(bytes: Uint8Array): UdpHeaders | undefined {
  const parsed = parsedFrame(bytes);
  return parsed?.udp !== undefined && parsed.version !== 0 ? (parsed as UdpHeaders) : undefined;
}

function replicatedBytes(headers: UdpHeaders, into: CutCall["into"]): number {
  if (into !== "fragments") return headers.payloadOffset;
  return headers.l4Offset + (headers.version === 6 ? IPV6_FRAG_HLEN : 0);
}

/** Needs SG, a checksum in hardware, and either GSO_PARTIAL or a frag_list as the only obstacle. */
function mayBePartial(
  { input, features, listPath }: SegmentationCall,
  headers: UdpHeaders | undefined,
  into: string,
): boolean {
  if (listPath || headers === undefined || (features & NETIF_F_SG) === 0) return false;
  if (into !== "fragments" && !canChecksum(features, headers.version)) return false;
  return (features & NETIF_F_GSO_PARTIAL) !== 0 || input.shinfo.members.length > 0;
}
