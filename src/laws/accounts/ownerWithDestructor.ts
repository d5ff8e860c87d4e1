/** An owner without a destructor could never be told that the packet is gone; skb_orphan stops the kernel over it. */
import type { SkbView } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";

export const ownerWithDestructor = law({
  name: "owner-with-destructor",
  law: "After segmentation an sk_buff has an owner exactly when it has a destructor.",
  standsFor: ["I9"],
  check(run) {
    const findings = new Findings(run);
    for (const [index, { holder, segments, after }] of run.calls.entries()) {
      const views: [string, SkbView][] = segments.map((segment) => ["segment", segment]);
      if (after !== undefined) views.push(["packet", after]);
      for (const [what, { sk, destructor, serial }] of views) {
        findings.applies();
        if ((sk === "") === (destructor === "")) continue;
        findings.broken({
          place: `${what} ${sk === "" ? "destructor" : "sk"}`,
          expected: "both or neither",
          received: `sk ${sk || "NULL"}, destructor ${destructor || "NULL"}`,
          at: { holder, call: index, skb: serial },
        });
      }
    }
    return findings.verdict();
  },
});
