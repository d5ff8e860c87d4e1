/**
 * Writing needs a head with a single reference, an sk_buff with a single user.
 *
 * The kernel itself refreshes `gso_segs` of a shared packet when there is nothing to segment (__udp_gso_segment). That
 * is reported too, even where the number is the honest one: what a sibling reads must not depend on who ran before.
 */
import { law } from "../law.js";
import { judgeMemory } from "./memoryReports.js";

export const noSharedWrite = law({
  name: "no-shared-write",
  law: "Nobody changes what others see through the same head.",
  standsFor: ["I7", "SIB-2"],
  check: (run) =>
    judgeMemory(run, {
      kinds: ["shared-write"],
      expected: "a copy of its own to write to",
      place: (field, symbol) => `${field} by ${symbol}`,
      received: ({ field, object, before, after }) => `${field} of ${object} from ${before} to ${after}`,
    }),
});
