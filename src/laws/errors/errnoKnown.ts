/** Callers tell a malformed packet from a lack of memory by the errno. */
import { Findings, law } from "../law.js";

/** EPERM is the plain -1 of ipv6_hopopt_jumbo_remove, which cannot make the header its own. */
const KNOWN = ["EINVAL", "ENOMEM", "EPROTONOSUPPORT", "EOPNOTSUPP", "EPERM"];

export const errnoKnown = law({
  name: "errno-known",
  law: "A failed segmentation returns one of the errnos that its callers know.",
  standsFor: ["ERR-1"],
  check(run) {
    const findings = new Findings(run);
    for (const { result, errno, holder } of run.calls) {
      if (result !== "error") continue;
      findings.applies();
      const known = KNOWN.includes(errno.replace(/^-/, ""));
      if (!known) findings.broken({ place: "errno", expected: KNOWN.join(" or "), received: errno, at: { holder } });
    }
    return findings.verdict();
  },
});
