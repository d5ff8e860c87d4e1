/** A program believes the result of its write: what it was told is lost it sends again. */
import { Findings, law } from "../law.js";

export const acceptedOrRefused = law({
  name: "accepted-or-refused",
  law: "A write to a tap either makes a packet or returns an error.",
  standsFor: ["I11", "I13"],
  check(run) {
    const findings = new Findings();
    const { arrival, errno, view, gro } = run.packet;
    if (arrival === "stack" || gro !== undefined) return findings.verdict();
    findings.applies();
    const isPacket = view !== undefined;
    if (isPacket === (arrival === "accepted") && isPacket === (errno === "")) return findings.verdict();
    findings.broken({
      place: isPacket ? "both" : "neither",
      expected: "a packet or an errno",
      received: `${arrival}, ${isPacket ? "a packet" : "no packet"}, ${errno || "no errno"}`,
      at: {},
    });
    return findings.verdict();
  },
});
