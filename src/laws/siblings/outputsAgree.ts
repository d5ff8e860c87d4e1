/** Clones of one packet, treated alike, give the same whatever the order in which they are treated. */

import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { HolderRun, Run } from "../../recipe/Run.js";
import { withoutChosenIds } from "../chosenIds.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { areaOfDifference } from "./area.js";

const SHOWN = 16;

/**
 * Left out: runs with failing allocations, for those hit one holder; receive buffers that were full, for what fits
 * depends on truesize, which is not the same for a clone as for the original; holders whose work a fault ended.
 */
export const outputsAgree = law({
  name: "outputs-agree",
  law: "Holders that do the same with clones of one packet put out the same.",
  standsFor: ["SIB-6", "SIB-14", "SEG-26", "I14"],
  check(run) {
    const findings = new Findings();
    if (run.recipe.failures.length > 0) return "not-applicable";
    const firsts = new Map<string, HolderRun>();
    for (const holder of run.holders) {
      const treatment = treatmentOf(run, holder);
      if (treatment === undefined) continue;
      const first = firsts.get(treatment);
      if (first === undefined) firsts.set(treatment, holder);
      else {
        findings.applies();
        compare(run, first, holder, findings);
      }
    }
    return findings.verdict();
  },
});

/** Everything that decides what a holder puts out, as a key; undefined where it cannot be compared. */
function treatmentOf({ recipe }: Run, holder: HolderRun): string | undefined {
  const { exit, features, outcome, index } = holder;
  const wanted = recipe.holders[index];
  if (wanted === undefined || wanted.before.length > 0) return undefined;
  if (exit === "tap" || outcome === "unborn" || outcome === "faulted") return undefined;
  const isReceived = exit === "local" || exit === "loopback";
  if (isReceived && wanted.sockets.some((socket) => socket.smallBuffer)) return undefined;
  if (holder.sockets.some((socket) => socket.rcvbufErrors > 0)) return undefined;
  const particulars = exit === "inspect" ? [] : isReceived ? wanted.sockets : wanted.device;
  return JSON.stringify([exit, features, particulars]);
}

function compare(run: Run, first: HolderRun, second: HolderRun, findings: Findings): void {
  const at = { first: first.index, holder: second.index };
  const gso = gsoKind(run, first.index);
  if (first.outcome !== second.outcome) {
    const place = `outcome (${gso})`;
    findings.broken({ place, expected: first.outcome, received: `${second.outcome} ${second.dropReason}`.trim(), at });
    return;
  }
  if (first.frames.length !== second.frames.length) {
    // A gso_segs that one of them refreshed can alone decide whether the other's packet may leave whole.
    const whole = first.frames.some(isGso) !== second.frames.some(isGso);
    findings.broken({
      place: `${whole ? "whole or in segments" : "number of frames"} (${gso})`,
      expected: `${first.frames.length} frames`,
      received: `${second.frames.length} frames`,
      at,
    });
    return;
  }
  for (const [frame, { bytes, view }] of first.frames.entries()) {
    const other = second.frames[frame]?.bytes;
    if (bytes === undefined || other === undefined) continue;
    const expected = withoutChosenIds(bytes, first.exit === "vxlan");
    const received = withoutChosenIds(other, first.exit === "vxlan");
    if (equalBytes(expected, received)) continue;
    findings.broken({
      place: `frame ${areaOfDifference(view, expected, received)} (${gso})`,
      expected: hex(expected, SHOWN),
      received: describeDifference(expected, received),
      at: { ...at, frame },
    });
  }
  compareSockets(first, second, at, findings);
}

function compareSockets(first: HolderRun, second: HolderRun, at: Record<string, number>, findings: Findings): void {
  for (const [i, { name, datagrams }] of first.sockets.entries()) {
    const others = second.sockets[i]?.datagrams ?? [];
    if (others.length !== datagrams.length) {
      findings.broken({
        place: "number of datagrams",
        expected: `${datagrams.length} datagrams`,
        received: `${others.length} datagrams`,
        at: { ...at, socket: name },
      });
      continue;
    }
    for (const [datagram, { payload }] of datagrams.entries()) {
      const other = others[datagram]?.payload;
      if (payload === undefined || other === undefined || equalBytes(payload, other)) continue;
      findings.broken({
        place: "datagram payload",
        expected: hex(payload, SHOWN),
        received: describeDifference(payload, other),
        at: { ...at, socket: name, datagram },
      });
    }
  }
}

const isGso = ({ view }: HolderRun["frames"][number]): boolean => view.shinfo.gsoSize !== 0;
