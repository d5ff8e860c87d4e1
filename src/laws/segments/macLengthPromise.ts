import { GSO_BY_FRAGS } from "../../abi/features.js";
import { law } from "../law.js";
import { type CutCall, checkCalls, placeOf } from "./cutCall.js";

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

function promisedLength({ headers, into, partial, call }: CutCall): number | undefined {
  const { gsoSize, members } = call.input.shinfo;
  if (headers === undefined || partial || call.input.encapsulation || gsoSize === 0 || gsoSize === GSO_BY_FRAGS)
    return undefined;
  if (call.listPath && members.some((member) => member.len > gsoSize)) return undefined;
  if (into === "datagrams") return headers.payloadOffset + gsoSize;
  return into === "fragments" && headers.version === 4 ? headers.l4Offset + gsoSize : undefined;
}
