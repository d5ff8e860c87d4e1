/** Segments whose network headers can be read, for the laws about IPv4 and IPv6: of every layer, from the outermost in. */
import type { Run } from "../../recipe/Run.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import type { Findings, Verdict } from "../law.js";
import { type CutCall, checkCalls, type Segment } from "./cutCall.js";

/** A segment long enough to hold all the headers that the input had. */
export interface WithHeader {
  readonly cut: CutCall;
  readonly segment: Segment;
  /** One of the input's layers. */
  readonly headers: FrameLayer;
  /** What became of that layer: fragments only of the innermost one. */
  readonly into: CutCall["into"];
  /** The path, for the signature; with a word more for a layer around another. */
  readonly path: string;
  /** The template. */
  readonly input: Uint8Array;
  readonly bytes: Uint8Array;
  readonly findings: Findings;
}

/** Checks every layer of this version in every segment. A segment too short for its headers is left to other laws. */
export function checkNetworkHeaders(run: Run, version: 4 | 6, check: (found: WithHeader) => void): Verdict {
  return checkCalls(run, (cut, findings) => {
    if (cut.headers === undefined) return;
    for (const headers of cut.layers) {
      if (headers.version !== version) continue;
      const isOuter = headers !== cut.headers;
      const into = isOuter ? "unknown" : cut.into;
      const path = isOuter ? `${cut.path}, outer` : cut.path;
      for (const segment of cut.segments) {
        const { bytes } = segment;
        if (bytes === undefined || bytes.length < cut.headerLen) continue;
        findings.applies();
        check({ cut, segment, headers, into, path, input: cut.template, bytes, findings });
      }
    }
  });
}
