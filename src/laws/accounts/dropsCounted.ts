/**
 * What a listener loses it must be able to read from its counters.
 *
 * Each socket is given the packet once: whole, or as the segments of a call. A failed call counts gso_segs, read from
 * the packet; a clone that could not be made, or one that was dropped undivided, counts one.
 */
import type { HolderRun, Run, SegmentationCall } from "../../recipe/Run.js";
import { isPlainUdp } from "../history.js";
import { Findings, law } from "../law.js";

export const dropsCounted = law({
  name: "drops-counted",
  law: "Every datagram that a socket was meant to get is either in its queue or counted as a drop.",
  standsFor: ["ACC-9", "I13"],
  check(run) {
    const findings = new Findings();
    for (const holder of run.holders) {
      if (!isCountable(run, holder)) continue;
      findings.applies();
      const at = { holder: holder.index };
      const uneven = holder.sockets.find(({ drops, inErrors }) => drops !== inErrors);
      if (uneven !== undefined) {
        const [expected, received] = [String(uneven.drops), String(uneven.inErrors)];
        findings.broken({ place: "InErrors", expected, received, at: { ...at, socket: uneven.name } });
      }
      const calls = callsOf(run, holder);
      const due = calls.reduce((sum, call) => sum + dueTo(call), holder.sockets.length - calls.length);
      const seen = holder.sockets.reduce((sum, { datagrams, drops }) => sum + datagrams.length + drops, 0);
      if (seen === due) continue;
      const received = `${seen} queued or dropped`;
      findings.broken({ place: "sk_drops", expected: `${due} datagrams for all sockets`, received, at });
    }
    return findings.verdict();
  },
});

const callsOf = (run: Run, holder: HolderRun): readonly SegmentationCall[] =>
  run.calls.filter((call) => call.holder === holder.index);

/**
 * Left out: other transports with tunnels, what was dropped before it came to a socket, unicast with several listeners (only one gets it), IPv6 packets without a checksum (they pass over sockets in
 * silence), lists that were emptied by the failure that is to be counted.
 */
function isCountable(run: Run, holder: HolderRun): boolean {
  const { packet } = run.recipe;
  if (holder.exit !== "local" || holder.outcome !== "delivered") return false;
  if (!isPlainUdp(run)) return false;
  if (packet.cast !== "multicast" && holder.sockets.length > 1) return false;
  if (packet.family === "ipv6" && packet.zeroChecksum) return false;
  return callsOf(run, holder).every(
    ({ result, chain, after, input }) =>
      result !== "faulted" &&
      chain === "ends" &&
      (result === "list" || after === undefined || after.shinfo.gsoSize === input.shinfo.gsoSize),
  );
}

function dueTo({ result, segments, input, after, interrupted }: SegmentationCall): number {
  if (result === "list") return segments.length;
  // A sibling that ran meanwhile may have refreshed it; the count is taken afterwards.
  const refreshed = interrupted ? after?.shinfo.gsoSegs : undefined;
  return refreshed || input.shinfo.gsoSegs;
}
