/** One datagram for many listeners: each reads the same, whether it gets the aggregate whole or in pieces. */

import { concat } from "../../bytes/concat.js";
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { HolderRun, Run, SocketRun } from "../../recipe/Run.js";
import { gsoKind } from "../gsoKind.js";
import { isPlainUdp } from "../history.js";
import { Findings, law } from "../law.js";

const SHOWN = 16;

/**
 * Of several listeners to unicast only one gets the packet. A socket that dropped something is left out. A failed
 * segmentation counts gso_segs drops, which is 0 for packets whose gso_segs nobody filled in: there a loss cannot be told
 * from its count, so a delivery with a failed call is left out as a whole.
 */
export const socketsAgree = law({
  name: "sockets-agree",
  law: "The sockets of one delivery that dropped nothing receive the same payload bytes in the same order.",
  standsFor: ["SIB-14", "I13"],
  check(run) {
    const findings = new Findings();
    if (run.recipe.failures.length > 0 || run.recipe.packet.cast !== "multicast" || !isPlainUdp(run))
      return "not-applicable";
    for (const holder of run.holders) {
      if (holder.outcome !== "delivered" || lossesAreSilent(run, holder)) continue;
      const whole = holder.sockets.filter(lostNothing);
      const [first, ...others] = whole;
      if (first === undefined) continue;
      for (const other of others) {
        const expected = payloadsOf(first);
        const received = payloadsOf(other);
        if (expected === undefined || received === undefined) continue;
        findings.applies();
        compare({ holder: holder.index, kind: gsoKind(run, holder.index) }, first, other, expected, received, findings);
      }
    }
    return findings.verdict();
  },
});

const lostNothing = ({ drops, inErrors, rcvbufErrors }: SocketRun): boolean =>
  drops === 0 && inErrors === 0 && rcvbufErrors === 0;

const lossesAreSilent = (run: Run, holder: HolderRun): boolean =>
  run.packet.view?.shinfo.gsoSegs === 0 &&
  run.calls.some((call) => call.holder === holder.index && call.result !== "list");

/** Undefined when one of them cannot be read. */
function payloadsOf({ datagrams }: SocketRun): Uint8Array[] | undefined {
  const payloads = datagrams.map(({ payload }) => payload);
  return payloads.every((payload) => payload !== undefined) ? payloads : undefined;
}

function compare(
  where: { readonly holder: number; readonly kind: string },
  first: SocketRun,
  other: SocketRun,
  expected: readonly Uint8Array[],
  received: readonly Uint8Array[],
  findings: Findings,
): void {
  const at = { holder: where.holder, first: first.name, socket: other.name };
  const [stream, otherStream] = [concat(expected), concat(received)];
  if (!equalBytes(stream, otherStream)) {
    findings.broken({
      place: `${stream.length === otherStream.length ? "payload" : "length"} (${where.kind})`,
      expected: hex(stream, SHOWN),
      received: describeDifference(stream, otherStream),
      at,
    });
  } else if (first.accepts === other.accepts && lengths(expected) !== lengths(received)) {
    findings.broken({
      place: `boundaries (${where.kind})`,
      expected: lengths(expected),
      received: lengths(received),
      at,
    });
  }
}

const lengths = (payloads: readonly Uint8Array[]): string => payloads.map((payload) => payload.length).join(" ");
