/** UDP has no sequence numbers that would tell a receiver where a datagram belongs: how many there may be is limited. */
import { CHECKSUM_PARTIAL, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { Findings, law } from "../law.js";
import { acceptedPacket, csumStartOf } from "./acceptedPacket.js";

/** UDP_MAX_SEGMENTS. @kernel include/linux/udp.h v6.12 */
const MOST = 128;

export const acceptedDatagramsBounded = law({
  name: "accepted-datagrams-bounded",
  law: "A UDP packet from a tap makes at most 128 datagrams, each with a checksum to be completed.",
  standsFor: ["I10", "I11"],
  check(run) {
    const findings = new Findings();
    const view = acceptedPacket(run);
    if (view === undefined || (view.shinfo.gsoType & SKB_GSO_UDP_L4) === 0 || view.shinfo.gsoSize === 0)
      return findings.verdict();
    findings.applies();
    const at = { skb: view.serial };
    if (view.ipSummed !== CHECKSUM_PARTIAL || view.csumOffset !== UDP_CHECK) {
      const received = `ip_summed ${view.ipSummed}, csum_offset ${view.csumOffset}`;
      findings.broken({ place: "checksum", expected: "PARTIAL at the UDP checksum", received, at });
      return findings.verdict();
    }
    const count = Math.ceil((run.packet.frame.length - csumStartOf(view) - UDP_HLEN) / view.shinfo.gsoSize);
    if (count > MOST) findings.broken({ place: "segments", expected: `at most ${MOST}`, received: `${count}`, at });
    return findings.verdict();
  },
});
