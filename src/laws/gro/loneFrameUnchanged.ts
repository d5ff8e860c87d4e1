import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import { Findings, law } from "../law.js";
import { batchOf } from "./batch.js";

const SHOWN = 16;

/** A held packet that nothing came to follow is let go as it was. Remote checksum offload does write on the way. */
export const loneFrameUnchanged = law({
  name: "lone-frame-unchanged",
  law: "A frame that was merged with no other is delivered as it arrived.",
  standsFor: ["GRO-1", "I12"],
  check(run) {
    const findings = new Findings();
    const batch = batchOf(run);
    if (batch === undefined || run.recipe.packet.tunnels.some(({ remcsum }) => remcsum)) return findings.verdict();
    for (const [packet, { made, frame, view }] of batch.delivered.entries()) {
      const arrived = batch.frames[made[0] ?? -1];
      if (made.length !== 1 || arrived === undefined) continue;
      findings.applies();
      const at = { packet, frame: arrived.index };
      if (view.shinfo.gsoSize !== 0) {
        const received = `gso_size ${view.shinfo.gsoSize}`;
        findings.broken({ place: "gso_size", expected: "no GSO packet", received, at });
      }
      if (equalBytes(arrived.bytes, frame)) continue;
      findings.broken({
        place: arrived.bytes.length === frame.length ? "bytes" : "length",
        expected: hex(arrived.bytes, SHOWN),
        received: describeDifference(arrived.bytes, frame),
        at,
      });
    }
    return findings.verdict();
  },
});
