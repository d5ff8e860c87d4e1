import { GSO_BY_FRAGS } from "../../abi/features.js";
import { law } from "../law.js";
import { type CutCall, checkCalls, intoPackets, placeOf } from "./cutCall.js";

/**
 * skb_gso_validate_mac_len promises a length before anything is cut, and a shaper sizes its bucket by it.
 *
 * IPv6 fragments get eight bytes more than promised; a list with a datagram larger than gso_size is no work of GRO's.
 */
export const macLengthPromise = law({
  name: "mac-length-promise",
  law: "No segment is longer than the headers of the input with gso_size bytes behind them.",
  standsFor: ["SEG-25", "I2"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const promised = promisedLength(cut);
      if (promised === undefined) return;
      for (const segment of cut.segments) {
        findings.applies();
        const { len } = segment.view;
        if (len <= promised) continue;
        findings.broken({
          place: cut.path,
          expected: `at most ${promised} bytes`,
          received: `${len}`,
          at: placeOf(cut, segment),
        });
      }
    }),
});

function promisedLength(cut: CutCall): number | undefined {
  const { headers, into, partial, call } = cut;
  const { gsoSize, members } = call.input.shinfo;
  if (headers === undefined || partial || call.input.encapsulation || cut.layers.length > 1 || gsoSize === 0)
    return undefined;
  if (gsoSize === GSO_BY_FRAGS) {
    // Of a member that is not linear the promise counts the linear part alone.
    const isLinear = members.every((member) => member.dataLen === 0);
    return isLinear ? headers.payloadOffset + Math.max(0, ...members.map((member) => member.len)) : undefined;
  }
  if (call.listPath && members.some((member) => member.len > gsoSize)) return undefined;
  if (intoPackets(cut)) return headers.payloadOffset + gsoSize;
  return into === "fragments" && headers.version === 4 ? headers.l4Offset + gsoSize : undefined;
}
