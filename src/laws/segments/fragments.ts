/** Fragments of one datagram (UFO), for the laws about them. */

import { getU16 } from "../../bytes/view.js";
import type { Run } from "../../recipe/Run.js";
import { IP_MF, IP_OFFSET, IPV4_FRAG_OFF, IPV4_ID } from "../../wire/ipv4.js";
import type { TransportLayer } from "../gsoLayer.js";
import { Findings, type Verdict } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { type CutCall, cutCalls, type Segment } from "./cutCall.js";

export interface Fragment {
  readonly segment: Segment;
  /** In bytes. */
  readonly offset: number;
  readonly more: boolean;
  readonly id: number;
  /** Bytes of the datagram that it carries. */
  readonly size: number;
}

export interface CutDatagram {
  readonly cut: CutCall;
  readonly headers: TransportLayer;
  readonly fragments: readonly Fragment[];
  /** For the signature, `IPv4` or `IPv6 with extension headers`: those take part in the kernel's arithmetic. */
  readonly place: string;
  readonly findings: Findings;
}

/**
 * Checks every datagram that was cut into fragments and whose fragments can all be read.
 *
 * Offsets count in units of eight bytes and end at 65528: another fragment size or a longer datagram cannot come out
 * right, and a partial packet is not yet a fragment.
 */
export function checkFragments(run: Run, check: (datagram: CutDatagram) => void): Verdict {
  const findings = new Findings();
  for (const cut of cutCalls(run)) {
    const { headers, payload } = cut;
    if (cut.into !== "fragments" || cut.partial || cut.call.chain !== "ends") continue;
    if (headers === undefined || payload === undefined || payload.length > 0xffff) continue;
    if (cut.call.input.shinfo.gsoSize % 8 !== 0) continue;
    const fragments = cut.segments.flatMap((segment) => fragmentOf(segment, cut, headers) ?? []);
    if (fragments.length < cut.segments.length || fragments.length === 0) continue;
    findings.applies();
    const extensions = headers.version === 6 && headers.l4Offset > headers.l3Offset + headers.l3HeaderLen;
    const place = headers.version === 4 ? "IPv4" : extensions ? "IPv6 with extension headers" : "IPv6";
    check({ cut, headers, fragments, place: place + cut.kind, findings });
  }
  return findings.verdict();
}

function fragmentOf(segment: Segment, cut: CutCall, headers: TransportLayer): Fragment | undefined {
  const { bytes, payload } = segment;
  if (bytes === undefined || payload === undefined || bytes.length < cut.headerLen) return undefined;
  if (headers.version === 6) {
    const header = parsedLayers(bytes)[cut.layers.length - 1]?.fragment;
    return header && { segment, ...header, size: payload.length };
  }
  const word = getU16(bytes, headers.l3Offset + IPV4_FRAG_OFF);
  const id = getU16(bytes, headers.l3Offset + IPV4_ID);
  return { segment, offset: (word & IP_OFFSET) * 8, more: (word & IP_MF) !== 0, id, size: payload.length };
}
