/** TCP segments that the generic path made of one packet, for the laws about their headers. */
import type { Run } from "../../recipe/Run.js";
import type { ParsedTcp } from "../../wire/frame.js";
import type { TransportLayer } from "../gsoLayer.js";
import type { Findings, Verdict } from "../law.js";
import { type CutCall, checkCalls, type Segment } from "./cutCall.js";

export interface CutStream {
  readonly cut: CutCall;
  readonly headers: TransportLayer;
  readonly tcp: ParsedTcp;
  /** The template. */
  readonly input: Uint8Array;
  /** Those that can be read with all the headers that the input had. */
  readonly segments: readonly (Segment & { readonly bytes: Uint8Array; readonly payload: Uint8Array })[];
  readonly last: number;
  readonly findings: Findings;
}

/** Looks at every packet whose segments are all readable. The list path gives back headers that came with the members. */
export function checkStreams(run: Run, check: (stream: CutStream) => void): Verdict {
  return checkCalls(run, (cut, findings) => {
    const { headers, call } = cut;
    if (cut.into !== "stream" || call.listPath || call.chain !== "ends" || headers?.tcp === undefined) return;
    const segments = cut.segments.filter(
      (segment): segment is CutStream["segments"][number] =>
        segment.bytes !== undefined && segment.payload !== undefined && segment.bytes.length >= cut.headerLen,
    );
    if (segments.length < cut.segments.length) return;
    check({ cut, headers, tcp: headers.tcp, input: cut.template, segments, last: segments.length - 1, findings });
  });
}
