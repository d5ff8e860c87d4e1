/** Whether the numbers of an sk_buff agree with each other. */

import { MAX_SKB_FRAGS } from "../../abi/features.js";
import type { SkbView } from "../../recipe/Run.js";

/** The first rule that an sk_buff breaks, by the field that gives it away. */
export interface Malformation {
  readonly field: string;
  readonly expected: string;
  readonly received: string;
}

/** Deeper lists do not occur; a mangled view may hold anything. */
const MAX_DEPTH = 4;

/**
 * What is wrong with the lengths of an sk_buff or of a member of its list; undefined when it is well formed.
 *
 * Rules 1 to 4 of well-formedness: the pointers are ordered, the linear part is as long as `len - data_len` says,
 * `data_len` has fragments with the list behind it, no fragment is empty, every member is well formed itself.
 */
export function malformationOf(view: SkbView, depth = 0): Malformation | undefined {
  const { data, tail, end, len, dataLen, shinfo } = view;
  if (!(0 <= data && data <= tail && tail <= end)) {
    return { field: "tail", expected: "0 <= data <= tail <= end", received: `${data}, ${tail}, ${end}` };
  }
  if (len - dataLen !== tail - data) {
    const received = `len ${len} - data_len ${dataLen}`;
    return { field: "headlen", expected: `${tail - data} linear bytes`, received };
  }
  const paged = shinfo.frags.reduce((sum, frag) => sum + frag.len, 0);
  const listed = shinfo.members.reduce((sum, member) => sum + member.len, 0);
  if (dataLen !== paged + listed) {
    return { field: "data_len", expected: `${paged} in fragments + ${listed} in the list`, received: String(dataLen) };
  }
  if (shinfo.frags.length > MAX_SKB_FRAGS) {
    return { field: "nr_frags", expected: `at most ${MAX_SKB_FRAGS}`, received: String(shinfo.frags.length) };
  }
  if (shinfo.frags.some((frag) => frag.len <= 0)) {
    return { field: "frags", expected: "no empty fragment", received: shinfo.frags.map((frag) => frag.len).join(" ") };
  }
  if (depth >= MAX_DEPTH) return undefined;
  for (const member of shinfo.members) {
    const broken = malformationOf(member, depth + 1);
    if (broken !== undefined) return { ...broken, field: `member ${broken.field}` };
    if (member.users < 1) return { field: "member users", expected: "at least 1", received: String(member.users) };
  }
  return undefined;
}
