import { CHECKSUM_PARTIAL, SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { SCTP_CHECKSUM } from "../../wire/sctp.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK } from "../../wire/udp.js";
import { law } from "../law.js";
import { type CutCall, checkCalls, placeOf } from "./cutCall.js";

/** How far behind the start each transport has its checksum. */
const OFFSETS: Partial<Record<CutCall["into"], number>> = {
  datagrams: UDP_CHECK,
  stream: TCP_CHECK,
  messages: SCTP_CHECKSUM,
};

/** The device believes the offset; it does not look for a header. Tunnels have a law of their own. */
export const csumStartAtTransport = law({
  name: "csum-start-at-transport",
  law: "A partial checksum of a datagram starts at its transport header.",
  standsFor: ["SEG-16", "I4"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const offset = OFFSETS[cut.into];
      if (offset === undefined || cut.layers.length !== 1 || !inputStartsRight(cut, offset)) return;
      for (const segment of cut.segments) {
        const { ipSummed, csumStart, csumOffset, transportHeader } = segment.view;
        if (ipSummed !== CHECKSUM_PARTIAL) continue;
        findings.applies();
        const at = placeOf(cut, segment);
        if (csumStart !== transportHeader) {
          const place = `${cut.path}: csum_start`;
          findings.broken({ place, expected: `${transportHeader}`, received: `${csumStart}`, at });
        }
        if (csumOffset !== offset) {
          findings.broken({
            place: `${cut.path}: csum_offset`,
            expected: `${offset}`,
            received: `${csumOffset}`,
            at,
          });
        }
      }
    }),
});

/** The list path takes over the input's offsets unseen. A fraglist that goes the generic way has them set anew. */
function inputStartsRight({ call }: CutCall, offset: number): boolean {
  const { ipSummed, csumStart, csumOffset, transportHeader, shinfo } = call.input;
  if (!call.listPath && ((shinfo.gsoType & SKB_GSO_FRAGLIST) !== 0 || ipSummed !== CHECKSUM_PARTIAL)) return true;
  if (ipSummed !== CHECKSUM_PARTIAL) return false;
  return csumOffset === offset && csumStart === transportHeader;
}
