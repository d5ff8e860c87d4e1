/**
 * Members of a frag_list are listed by every clone of the packet, with no reference of their own for each.
 *
 * Their `users` may move while others take private copies of the list, but never to zero. `cloned` may become set.
 * Headers in front of the data of a payload-only member (`nohdr`) are free for one clone to write.
 */
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { judgeDisturbances, whoRan } from "./disturbed.js";

const SHOWN = 16;

const FIELDS = [
  ["len", "len"],
  ["dataLen", "data_len"],
  ["data", "data"],
  ["next", "next"],
  ["macHeader", "mac_header"],
  ["networkHeader", "network_header"],
  ["transportHeader", "transport_header"],
] as const satisfies readonly (readonly [keyof SkbView, string])[];

export const siblingMembersUnchanged = law({
  name: "sibling-members-unchanged",
  law: "While only others run, the members of a holder's frag_list stay as they are.",
  standsFor: ["SIB-4", "I7", "I16"],
  check: (run) =>
    judgeDisturbances(run, (disturbance, holder, findings) => {
      for (const [i, was] of disturbance.before.shinfo.members.entries()) {
        const is = disturbance.after.shinfo.members[i];
        // Another list altogether is what sibling-shared-info-unchanged reports.
        if (is === undefined || is.serial !== was.serial) continue;
        const at = { member: i, skb: was.serial, ...whoRan(holder, disturbance) };
        for (const { part, expected, received } of changesOf(was, is)) {
          findings.broken({ place: `member ${part}`, expected, received, at });
        }
      }
    }),
});

interface Change {
  readonly part: string;
  readonly expected: string;
  readonly received: string;
}

function changesOf(was: SkbView, is: SkbView): Change[] {
  const changes: Change[] = [];
  for (const [key, part] of FIELDS) {
    if (was[key] !== is[key]) changes.push({ part, expected: String(was[key]), received: String(is[key]) });
  }
  if (!(is.users >= 1)) changes.push({ part: "users", expected: "at least 1", received: String(is.users) });
  if (was.bytes !== undefined) {
    const part = "bytes";
    if (is.bytes === undefined) changes.push({ part, expected: hex(was.bytes, SHOWN), received: "unreadable" });
    else if (!equalBytes(was.bytes, is.bytes)) {
      changes.push({ part, expected: hex(was.bytes, SHOWN), received: describeDifference(was.bytes, is.bytes) });
    }
  }
  const [header, headerNow] = [headerOf(was), headerOf(is)];
  if (!was.nohdr && !equalBytes(header, headerNow)) {
    const received = describeDifference(header, headerNow);
    changes.push({ part: "headers", expected: hex(header, SHOWN), received });
  }
  return changes;
}

/** What lies in front of the data, from the MAC header on: a pulled member keeps its headers there. */
const headerOf = (view: SkbView): Uint8Array => view.linear.subarray(0, Math.max(0, view.data - view.macHeader));
