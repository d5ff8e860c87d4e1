/** What skb_segment_list leaves behind depends on how far it came; callers rely on nothing but that it can be freed. */
import type { SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { type Difference, fragList, isForListPath, judgeFailures, unlessEqual } from "./failedCalls.js";

export const listErrorState = law({
  name: "list-error-state",
  law: "A failed list path leaves its packet in the state that belongs to the step that failed.",
  standsFor: ["ERR-6", "ERR-7"],
  check: (run) =>
    judgeFailures(
      run,
      (call) => isForListPath(run, call),
      ({ input }, after) => [...unlessEqual("next", 0, after.next), ...stateOf(input, after)],
    ),
});

/** The three states: nothing begun, members given up, all but the last step done. */
function stateOf(input: SkbView, after: SkbView): Difference[] {
  const [was, is] = [input.shinfo, after.shinfo];
  const isReset = is.gsoSize === 0 && was.gsoSize !== 0;
  if (isReset && is.members.length === 0) {
    const paged = is.frags.reduce((sum, frag) => sum + frag.len, 0);
    return [...unlessEqual("data_len", paged, after.dataLen), ...unlessEqual("gso_type", 0, is.gsoType)];
  }
  const untouched = is.members.length > 0 ? unlessEqual("frag_list", fragList(input), fragList(after)) : [];
  return [
    ...untouched,
    ...unlessEqual("len", input.len, after.len),
    ...unlessEqual("data_len", input.dataLen, after.dataLen),
    ...unlessEqual("gso_size", was.gsoSize, is.gsoSize),
    ...unlessEqual("gso_type", was.gsoType, is.gsoType),
  ];
}
