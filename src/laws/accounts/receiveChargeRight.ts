/** What lies in a receive queue is charged to the receiver until it has been read. */
import { Findings, law } from "../law.js";

export const receiveChargeRight = law({
  name: "receive-charge-right",
  law: "A socket's sk_rmem_alloc is the truesize of everything in its receive queue.",
  standsFor: ["ACC-8", "I9"],
  check(run) {
    const findings = new Findings();
    for (const { index, outcome, sockets } of run.holders) {
      if (outcome === "faulted") continue;
      for (const { name, datagrams, rmemAlloc } of sockets) {
        findings.applies();
        const queued = datagrams.reduce((sum, { view }) => sum + view.truesize, 0);
        if (rmemAlloc === queued) continue;
        const at = { holder: index, socket: name };
        findings.broken({ place: "sk_rmem_alloc", expected: String(queued), received: String(rmemAlloc), at });
      }
    }
    return findings.verdict();
  },
});
