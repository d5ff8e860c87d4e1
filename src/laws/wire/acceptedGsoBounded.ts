/** A GSO packet that has nothing to cut sends every offload handler down a path that nobody thought of. */
import { CHECKSUM_PARTIAL, GSO_BY_FRAGS, SKB_GSO_DODGY, SKB_GSO_UDP } from "../../abi/features.js";
import { TCP_HLEN } from "../../wire/tcp.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { GSO_TCP } from "../gsoLayer.js";
import { Findings, law } from "../law.js";
import { acceptedPacket, csumStartOf } from "./acceptedPacket.js";

export const acceptedGsoBounded = law({
  name: "accepted-gso-bounded",
  law: "A GSO packet from a tap is marked as untrusted with more to cut than one gso_size.",
  standsFor: ["I10", "I11"],
  check(run) {
    const findings = new Findings(run);
    const view = acceptedPacket(run);
    if (view === undefined || view.shinfo.gsoSize === 0) return findings.verdict();
    findings.applies();
    const { gsoSize, gsoSegs, gsoType } = view.shinfo;
    const at = { skb: view.serial };
    if ((gsoType & SKB_GSO_DODGY) === 0) {
      findings.broken({ place: "DODGY", expected: "set", received: "clear", at });
    }
    if (gsoSegs !== 0) findings.broken({ place: "gso_segs", expected: "0, not known", received: `${gsoSegs}`, at });
    if (gsoSize < 0 || gsoSize >= GSO_BY_FRAGS) {
      findings.broken({ place: "gso_size", expected: "1 to 65534", received: `${gsoSize}`, at });
    }
    // Without a checksum to complete the kernel does not know where the headers end.
    if (view.ipSummed !== CHECKSUM_PARTIAL) return findings.verdict();
    const header = (gsoType & SKB_GSO_UDP) !== 0 ? 0 : (gsoType & GSO_TCP) !== 0 ? TCP_HLEN : UDP_HLEN;
    const toCut = run.packet.frame.length - csumStartOf(view) - header;
    if (toCut > gsoSize) return findings.verdict();
    findings.broken({ place: "payload", expected: `more than ${gsoSize} bytes`, received: `${toCut}`, at });
    return findings.verdict();
  },
});
