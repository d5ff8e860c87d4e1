/** What went in as datagrams comes out as datagrams, on whichever path it was cut. */

import { SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { FrameOut, HolderRun, Run } from "../../recipe/Run.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { parsedFrame } from "../parsedFrame.js";
import { keepsBoundaries } from "./groShape.js";

const SHOWN = 16;

/** A frame that the device will cut further is cut at its gso_size here; a list that left whole is not looked into. */
export const framesCarryTheDatagrams = law({
  name: "frames-carry-the-datagrams",
  law: "The frames that leave a port carry the original datagrams in their order.",
  standsFor: ["I1", "I2", "I12", "I13"],
  check(run) {
    const findings = new Findings();
    for (const holder of run.holders) {
      if (!leftSegmented(holder) || !keepsBoundaries(run, holder)) continue;
      findings.applies();
      compare(run, holder, findings);
    }
    return findings.verdict();
  },
});

const leftSegmented = ({ exit, outcome, frames }: HolderRun): boolean =>
  exit === "port" &&
  outcome === "sent" &&
  frames.every(({ view: { shinfo } }) => shinfo.gsoSize === 0 || (shinfo.gsoType & SKB_GSO_FRAGLIST) === 0);

function compare(run: Run, { index, frames }: HolderRun, findings: Findings): void {
  const due = run.packet.datagrams;
  const carried: Uint8Array[] = [];
  for (const [frame, out] of frames.entries()) {
    const payloads = payloadsOf(out);
    if (payloads === undefined) {
      const [expected, received] = ["a whole UDP frame", "something else"];
      findings.broken({ place: `unreadable (${gsoKind(run)})`, expected, received, at: { holder: index, frame } });
      return;
    }
    carried.push(...payloads);
  }
  if (carried.length !== due.length) {
    findings.broken({
      place: `${carried.length < due.length ? "too few datagrams" : "too many datagrams"} (${gsoKind(run)})`,
      expected: `${due.length} datagrams`,
      received: `${carried.length} datagrams`,
      at: { holder: index },
    });
    return;
  }
  for (const [datagram, expected] of due.entries()) {
    const received = carried[datagram] ?? new Uint8Array();
    if (equalBytes(expected, received)) continue;
    findings.broken({
      place: `${expected.length === received.length ? "payload" : "length"} (${gsoKind(run)})`,
      expected: hex(expected, SHOWN),
      received: describeDifference(expected, received),
      at: { holder: index, datagram },
    });
  }
}

/** The datagrams in one frame; undefined when there is none to be found. */
function payloadsOf({ bytes, view }: FrameOut): Uint8Array[] | undefined {
  const parsed = bytes && parsedFrame(bytes);
  if (bytes === undefined || parsed?.udp === undefined) return undefined;
  const payload = bytes.subarray(parsed.payloadOffset);
  const unit = view.shinfo.gsoSize;
  if (unit <= 0 || payload.length <= unit) return [payload];
  const count = Math.ceil(payload.length / unit);
  return Array.from({ length: count }, (_, i) => payload.subarray(i * unit, (i + 1) * unit));
}
