/**
 * All clones of a packet look at one shared info. Whoever changes it must have a copy of its own.
 *
 * Three stores are excused, for they change nothing that a sibling acts on: `gso_segs` refreshed to the number it
 * should have had; the flag of managed fragments cleared together with taking the page references
 * (skb_zcopy_downgrade_managed); user fragments copied away because the packet was being cloned (skb_orphan_frags).
 */
import { GSO_BY_FRAGS } from "../../abi/features.js";
import type { Disturbance, Run, SharedInfoView, SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { headerEnd } from "./area.js";
import { judgeDisturbances, whoRan } from "./disturbed.js";

const ZEROCOPY_ENABLE = 1;
const DONT_ORPHAN = 8;
const MANAGED_FRAG_REFS = 16;
const ALL_ZEROCOPY = 31;

const FIELDS = [
  ["nr_frags", (info: SharedInfoView) => info.frags.length],
  ["frags", (info: SharedInfoView) => info.frags.map((f) => `page#${f.page}+${f.offset}:${f.len}`).join(" ")],
  ["frag_list", (info: SharedInfoView) => info.members.map((member) => `skb#${member.serial}`).join(" ") || "NULL"],
  ["gso_size", (info: SharedInfoView) => info.gsoSize],
  ["gso_segs", (info: SharedInfoView) => info.gsoSegs],
  ["gso_type", (info: SharedInfoView) => info.gsoType],
  ["flags", (info: SharedInfoView) => info.flags],
  ["tx_flags", (info: SharedInfoView) => info.txFlags],
  ["tskey", (info: SharedInfoView) => info.tskey],
  ["meta_len", (info: SharedInfoView) => info.metaLen],
  ["destructor_arg", (info: SharedInfoView) => info.destructorArg],
] as const;

type Field = (typeof FIELDS)[number][0];

export const siblingSharedInfoUnchanged = law({
  name: "sibling-shared-info-unchanged",
  law: "While only others run, nothing in the shared info that a holder looks at changes.",
  standsFor: ["SIB-2", "I7"],
  check: (run) =>
    judgeDisturbances(run, (disturbance, holder, findings) => {
      const { before, after } = disturbance;
      for (const [field, read] of FIELDS) {
        const was = read(before.shinfo);
        const is = read(after.shinfo);
        if (was === is || isExcused(field, disturbance)) continue;
        const writer = writerOf(run, before.shinfo.serial, field, disturbance.by);
        findings.broken({
          place: field,
          expected: String(was),
          received: `${is}${writer === undefined ? "" : `, written by holder ${writer.holder} in ${writer.function}`}`,
          at: { shinfo: before.shinfo.serial, ...whoRan(holder, disturbance), ...prefixed(writer) },
        });
      }
    }),
});

function isExcused(field: Field, { before, after }: Disturbance): boolean {
  const was = before.shinfo;
  const is = after.shinfo;
  switch (field) {
    case "gso_segs":
      return is.gsoSegs === honestSegs(after);
    case "flags":
      return is.flags === (was.flags & ~MANAGED_FRAG_REFS) || wasOrphaned(was, is);
    case "nr_frags":
    case "frags":
    case "destructor_arg":
      return wasOrphaned(was, is);
    default:
      return false;
  }
}

/** Pages differ, the bytes must not: sibling-bytes-unchanged still looks at those. */
const wasOrphaned = (was: SharedInfoView, is: SharedInfoView): boolean =>
  (was.flags & ZEROCOPY_ENABLE) !== 0 &&
  (was.flags & DONT_ORPHAN) === 0 &&
  is.flags === (was.flags & ~ALL_ZEROCOPY) &&
  is.destructorArg === 0;

/** How many datagrams of gso_size the payload makes, as the 16-bit field holds it; -1 without a gso_size. */
function honestSegs(view: SkbView): number {
  const { gsoSize, members } = view.shinfo;
  if (gsoSize === 0) return -1;
  if (gsoSize === GSO_BY_FRAGS) return members.length;
  return Math.ceil((view.data + view.len - headerEnd(view)) / gsoSize) & 0xffff;
}

interface Writer {
  readonly holder: number;
  readonly function: string;
}

/** Who stored into the field, if the sanitizer saw it; of several, one that ran in between. */
function writerOf(run: Run, serial: number, field: Field, by: readonly number[]): Writer | undefined {
  // The sanitizer knows the fragments by their count.
  const stored = field === "frags" ? "nr_frags" : field;
  const writes = run.memory.filter(
    (report) => report.kind === "shared-write" && report.object === `shinfo#${serial}` && report.field === stored,
  );
  const write = writes.find((report) => by.includes(report.holder)) ?? writes[0];
  return write === undefined ? undefined : { holder: write.holder, function: write.site[0] ?? "an unknown function" };
}

const prefixed = (writer: Writer | undefined): Record<string, number | string> =>
  writer === undefined ? {} : { writer: writer.holder, function: writer.function };
