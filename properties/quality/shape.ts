/** What a shape of a run is, and how to say one. */
import type { HolderRun, Run, SegmentationCall, SkbView } from "../../src/recipe/Run.js";

export interface Shape {
  readonly name: string;
  /** In how many of 10,000 runs, over all properties, it must at least be seen. */
  readonly floor: number;
  readonly isIn: (run: Run) => boolean;
}

/** A shape of a call of the segmenter that gave segments. */
export const inCut = (name: string, floor: number, isIn: (call: SegmentationCall, run: Run) => boolean): Shape => ({
  name,
  floor,
  isIn: (run) => run.calls.some((call) => call.result === "list" && isIn(call, run)),
});
export const inCall = (name: string, floor: number, isIn: (call: SegmentationCall, run: Run) => boolean): Shape => ({
  name,
  floor,
  isIn: (run) => run.calls.some((call) => isIn(call, run)),
});
export const inHolder = (name: string, floor: number, isIn: (holder: HolderRun, run: Run) => boolean): Shape => ({
  name,
  floor,
  isIn: (run) => run.holders.some((holder) => isIn(holder, run)),
});
export const outcome = (exit: HolderRun["exit"], ends: HolderRun["outcome"], floor: number): Shape =>
  inHolder(`${exit} ${ends}`, floor, (holder) => holder.exit === exit && holder.outcome === ends);
export const errno = (name: string, floor: number): Shape =>
  inCall(`call fails with ${name}`, floor, (call) => call.result === "error" && call.errno === name);

export const isOfType = ({ input }: { readonly input: SkbView }, bits: number): boolean =>
  (input.shinfo.gsoType & bits) !== 0;
