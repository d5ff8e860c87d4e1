/** What went in as datagrams comes out as datagrams, on whichever path it was cut. */

import { GSO_BY_FRAGS, SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { FrameOut, HolderRun, Run } from "../../recipe/Run.js";
import { reachesWire } from "../exits.js";
import { gsoKind } from "../gsoKind.js";
import { historyOf, packetLayer, payloadIn } from "../history.js";
import { Findings, law } from "../law.js";
import { parsedFrame } from "../parsedFrame.js";
import { keepsBoundaries } from "./groShape.js";

const SHOWN = 16;
/** With all headers that recipes have still less than the least MTU. */
const FITS_ANYWHERE = 1000;

/** A frame that the device will cut further is cut at its gso_size here; a list that left whole is not looked into. */
export const framesCarryTheDatagrams = law({
  name: "frames-carry-the-datagrams",
  law: "The frames that leave a port carry the original datagrams in their order.",
  standsFor: ["I1", "I2", "I12", "I13"],
  check(run) {
    const findings = new Findings();
    for (const holder of run.holders) {
      if (!leftSegmented(holder) || !keepsBoundaries(run, holder) || !arrivesWhole(run, holder)) continue;
      if (packetLayer(run, run.packet.frame) === undefined) continue;
      findings.applies();
      compare(run, holder, findings);
    }
    return findings.verdict();
  },
});

const leftSegmented = (holder: HolderRun): boolean =>
  reachesWire(holder) &&
  holder.outcome === "sent" &&
  holder.frames.every(
    ({ view: { shinfo } }) =>
      shinfo.gsoSize === 0 || ((shinfo.gsoType & SKB_GSO_FRAGLIST) === 0 && shinfo.gsoSize !== GSO_BY_FRAGS),
  );

/** What a router or a tunnel device cuts into IP fragments is no datagram; a veth device drops what it finds too long. */
function arrivesWhole(run: Run, { exit, frames, dropReason }: HolderRun): boolean {
  if (exit !== "port" && dropReason !== "") return false;
  if (exit === "veth") return historyOf(run).datagrams.every(({ length }) => length <= FITS_ANYWHERE);
  return exit === "port" || frames.every(({ bytes }) => bytes && parsedFrame(bytes)?.fragment === undefined);
}

function compare(run: Run, { index, exit, frames }: HolderRun, findings: Findings): void {
  const due = [...historyOf(run).datagrams];
  const carried: Uint8Array[] = [];
  for (const [frame, out] of frames.entries()) {
    const payloads = payloadsOf(run, out);
    if (payloads === undefined) {
      const [expected, received] = ["a whole frame of the transport", "something else"];
      findings.broken({
        place: `unreadable (${gsoKind(run, index)})`,
        expected,
        received,
        at: { holder: index, frame },
      });
      return;
    }
    carried.push(...payloads);
  }
  if (carried.length !== due.length) {
    findings.broken({
      place: `${carried.length < due.length ? "too few datagrams" : "too many datagrams"} (${gsoKind(run, index)})`,
      expected: `${due.length} datagrams`,
      received: `${carried.length} datagrams`,
      at: { holder: index },
    });
    return;
  }
  // The far end of a veth pair lets go of a packet before an older one whose state is another.
  if (exit === "veth") for (const payloads of [due, carried]) payloads.sort(Buffer.compare);
  for (const [datagram, expected] of due.entries()) {
    const received = carried[datagram] ?? new Uint8Array();
    if (equalBytes(expected, received)) continue;
    findings.broken({
      place: `${expected.length === received.length ? "payload" : "length"} (${gsoKind(run, index)})`,
      expected: hex(expected, SHOWN),
      received: describeDifference(expected, received),
      at: { holder: index, datagram },
    });
  }
}

/** The datagrams in one frame; undefined when there is none to be found. */
function payloadsOf(run: Run, { bytes, view }: FrameOut): Uint8Array[] | undefined {
  const layer = bytes && packetLayer(run, bytes);
  if (bytes === undefined || layer === undefined || layer.payloadOffset === layer.l4Offset) return undefined;
  // Frames that arrived by themselves may have padding behind them.
  const unit = view.shinfo.gsoSize;
  const mayBePadded = run.packet.gro !== undefined && unit === 0;
  const payload = mayBePadded ? payloadIn(bytes, layer) : bytes.subarray(layer.payloadOffset);
  if (unit <= 0 || payload.length <= unit) return [payload];
  const count = Math.ceil(payload.length / unit);
  return Array.from({ length: count }, (_, i) => payload.subarray(i * unit, (i + 1) * unit));
}
