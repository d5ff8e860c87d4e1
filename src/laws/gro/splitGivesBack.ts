import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { HolderRun, Run } from "../../recipe/Run.js";
import { IPV4_CHECK, IPV4_ID } from "../../wire/ipv4.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK } from "../../wire/udp.js";
import { completedFrame } from "../completedFrame.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { type ArrivedFrame, type Batch, batchOf, isPartial } from "./batch.js";
import { transportState } from "./mergeable.js";

const SHOWN = 16;

/**
 * Of IPv4 the identifications may be others, for those count up from the first one's; of a checksum that was left to
 * whoever sends the frame nothing can be asked here. Tags are left out: they move between frame and sk_buff.
 */
export const splitGivesBack = law({
  name: "split-gives-back",
  law: "A packet that was merged leaves a port that cuts nothing as the frames that it was made of.",
  standsFor: ["GRO-7", "I12", "I14"],
  check(run) {
    const findings = new Findings();
    const batch = batchOf(run);
    const { vlan, acceleratedVlan, tunnels } = run.recipe.packet;
    if (batch === undefined || vlan.length > 0 || acceleratedVlan || run.recipe.middle.length > 0)
      return findings.verdict();
    if (tunnels.some(({ remcsum }) => remcsum)) return findings.verdict();
    const arrived = followed(run, batch);
    for (const holder of run.holders) {
      if (arrived === undefined || !leavesCut(run, holder)) continue;
      findings.applies();
      compare(run, holder, arrived, findings);
    }
    return findings.verdict();
  },
});

function followed(run: Run, { delivered, frames }: Batch): ArrivedFrame[] | undefined {
  const made = delivered[run.packet.gro?.followed ?? -1]?.made ?? [];
  const arrived = made.flatMap((i) => frames[i] ?? []);
  return arrived.length === 0 || arrived.some(hasWrongSum) ? undefined : arrived;
}

/** A driver may have vouched for it; whoever cuts the packet makes a right one. */
function hasWrongSum({ bytes, layers }: ArrivedFrame): boolean {
  const innermost = layers.at(-1);
  if (innermost === undefined || (innermost.udp === undefined && innermost.tcp === undefined)) return true;
  return transportState(bytes, innermost) === "bad";
}

const leavesCut = ({ recipe }: Run, { exit, index, outcome, frames }: HolderRun): boolean =>
  exit === "port" &&
  outcome === "sent" &&
  recipe.failures.length === 0 &&
  recipe.holders[index]?.before.length === 0 &&
  frames.every(({ view }) => view.shinfo.gsoSize === 0);

function compare(run: Run, { index, frames }: HolderRun, arrived: readonly ArrivedFrame[], findings: Findings): void {
  const kind = gsoKind(run, index);
  if (frames.length !== arrived.length) {
    const [expected, received] = [arrived, frames].map(({ length }) => `${length} frames`);
    const place = `count (${kind})`;
    findings.broken({ place, expected: expected ?? "", received: received ?? "", at: { holder: index } });
    return;
  }
  for (const [i, was] of arrived.entries()) {
    const { bytes, view } = frames[i] ?? {};
    if (bytes === undefined || view === undefined) continue;
    const is = completedFrame(bytes, view, was.layers.at(-1)?.udp !== undefined);
    const [expected, received] = [comparable(was.bytes, was), comparable(is, was)];
    if (equalBytes(expected, received)) continue;
    findings.broken({
      place: `${expected.length === received.length ? "bytes" : "length"} (${kind})`,
      expected: hex(expected, SHOWN),
      received: describeDifference(expected, received),
      at: { holder: index, frame: was.index },
    });
  }
}

/** Without what may be another one, at the places where the frame that arrived had it. */
function comparable(bytes: Uint8Array, was: ArrivedFrame): Uint8Array {
  const masked = bytes.slice();
  const mask = (at: number): Uint8Array => masked.fill(0, at, at + 2);
  for (const { version, l3Offset, l4Offset, udp, tcp, carries } of was.layers) {
    if (version === 4) {
      mask(l3Offset + IPV4_ID);
      mask(l3Offset + IPV4_CHECK);
    }
    // An outer sum counts what was masked further in.
    if (carries !== undefined && udp !== undefined && udp.check !== 0) mask(l4Offset + UDP_CHECK);
    if (carries?.checksumOffset !== undefined) mask(carries.checksumOffset);
    if (carries !== undefined || !isPartial(was)) continue;
    if (udp !== undefined) mask(l4Offset + UDP_CHECK);
    if (tcp !== undefined) mask(l4Offset + TCP_CHECK);
  }
  return masked;
}
