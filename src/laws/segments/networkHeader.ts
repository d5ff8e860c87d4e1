/** Segments whose network header can be read, for the laws about IPv4 and IPv6. */
import type { Run } from "../../recipe/Run.js";
import type { Findings, Verdict } from "../law.js";
import { type CutCall, checkCalls, type Segment, type UdpHeaders } from "./cutCall.js";

/** A segment long enough to hold all the headers that the input had. */
export interface WithHeader {
  readonly cut: CutCall;
  readonly segment: Segment;
  readonly headers: UdpHeaders;
  /** The input's bytes: all of them, or its linear part. */
  readonly input: Uint8Array;
  readonly bytes: Uint8Array;
  readonly findings: Findings;
}

/** Checks every segment whose input was of this version. A segment too short for its headers is left to other laws. */
export function checkNetworkHeaders(run: Run, version: 4 | 6, check: (found: WithHeader) => void): Verdict {
  return checkCalls(run, (cut, findings) => {
    const { headers } = cut;
    if (headers === undefined || headers.version !== version) return;
    const input = cut.call.input.bytes ?? cut.call.input.linear;
    for (const segment of cut.segments) {
      const { bytes } = segment;
      if (bytes === undefined || bytes.length < cut.headerLen) continue;
      findings.applies();
      check({ cut, segment, headers, input, bytes, findings });
    }
  });
}
