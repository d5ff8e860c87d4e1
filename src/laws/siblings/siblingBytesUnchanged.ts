/** The bytes of a packet, as a holder reads them through linear part, fragments, list. */

import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import { plainKind } from "../gsoKind.js";
import { law } from "../law.js";
import { areaOfDifference } from "./area.js";
import { judgeDisturbances, whoRan } from "./disturbed.js";

const SHOWN = 16;

/**
 * The place carries the kind of packet: software UFO writes the UDP checksum of a header that it shares
 * (udp4_ufo_fragment), which must not be mistaken for damage to another kind.
 */
export const siblingBytesUnchanged = law({
  name: "sibling-bytes-unchanged",
  law: "While only others run, a holder's packet keeps its bytes.",
  standsFor: ["SIB-3", "I7"],
  check: (run) =>
    judgeDisturbances(run, (disturbance, holder, findings) => {
      const { before, after } = disturbance;
      if (before.bytes === undefined) return;
      const at = { skb: before.serial, ...whoRan(holder, disturbance) };
      if (after.bytes === undefined) {
        const received = `${after.len} bytes claimed, which cannot all be read`;
        findings.broken({ place: "unreadable", expected: hex(before.bytes, SHOWN), received, at });
      } else if (!equalBytes(before.bytes, after.bytes)) {
        findings.broken({
          place: `${areaOfDifference(before, before.bytes, after.bytes)}${plainKind(run)}`,
          expected: hex(before.bytes, SHOWN),
          received: describeDifference(before.bytes, after.bytes),
          at,
        });
      }
    }),
});
