import type { SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { checkCalls, placeOf, type Segment } from "./cutCall.js";

/** A stretch of memory: of a page, or of the buffer behind a head. */
interface Stretch {
  readonly memory: number;
  readonly from: number;
  readonly to: number;
  readonly segment: Segment | undefined;
}

/** Two packets on their way at the same time, and whoever rewrites one would rewrite the other. */
export const fragmentsOfPagesDisjoint = law({
  name: "fragments-of-pages-disjoint",
  law: "No byte of memory lies in two segments of a list.",
  standsFor: ["SEG-22", "I7"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const { input } = cut.call;
      const sources = [input, ...input.shinfo.members];
      // Pages that the input itself names twice cannot come out apart.
      const pagesApart = firstOverlap(sources.flatMap((skb) => pageStretches(skb, undefined))) === undefined;
      findings.applies();
      const overlaps = {
        pages:
          pagesApart && !cut.call.listPath
            ? firstOverlap(cut.segments.flatMap((s) => pageStretches(s.view, s)))
            : undefined,
        linear: firstOverlap(cut.segments.map(linearStretch)),
      };
      for (const [kind, overlap] of Object.entries(overlaps)) {
        if (overlap === undefined) continue;
        const received = `bytes ${overlap.from} to ${overlap.to} of ${kind === "pages" ? "page" : "head"}#${overlap.memory} twice`;
        findings.broken({
          place: `${cut.path}: ${kind}`,
          expected: "bytes of its own",
          received,
          at: placeOf(cut, overlap.segment),
        });
      }
    }),
});

const pageStretches = (skb: SkbView, segment: Segment | undefined): Stretch[] =>
  skb.shinfo.frags.map(({ page, offset, len }) => ({ memory: page, from: offset, to: offset + len, segment }));

const linearStretch = (segment: Segment): Stretch => ({
  memory: segment.view.head,
  from: segment.view.data,
  to: segment.view.tail,
  segment,
});

/** The part of a stretch that an earlier one covers too, in order of memory. */
function firstOverlap(stretches: readonly Stretch[]): Stretch | undefined {
  const sorted = stretches
    .filter(({ from, to }) => to > from)
    .sort((a, b) => a.memory - b.memory || a.from - b.from || a.to - b.to);
  let covered: Stretch | undefined;
  for (const stretch of sorted) {
    if (covered !== undefined && covered.memory === stretch.memory && stretch.from < covered.to) {
      return { ...stretch, to: Math.min(stretch.to, covered.to) };
    }
    covered = stretch;
  }
  return undefined;
}
