/** A check against malformed packets that hits a packet of the kernel's own making is a lost packet. */
import type { HolderRun, Run } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { isEven, keepsBoundaries } from "./groShape.js";

/** What GRO itself makes in one piece. A device may still refuse what no UDP_L4 packet may be, such as one from a tap. */
const ISSUED: readonly string[] = ["fraglist", "tcp-fraglist"];

/** The kernel follows seven tags; an accelerated one joins them when it is pushed. */
const MOST_TAGS = 6;

export const validNeverRefused = law({
  name: "valid-never-refused",
  law: "A packet as GRO leaves it is not dropped at a port.",
  standsFor: ["I11", "I13"],
  check(run) {
    const findings = new Findings(run);
    if (!isAsGroLeavesIt(run)) return findings.verdict();
    for (const holder of run.holders) {
      if (!isDue(run, holder)) continue;
      findings.applies();
      if (holder.outcome !== "dropped") continue;
      findings.broken({
        place: "dropped",
        expected: "frames at the port",
        received: `dropped${holder.dropReason === "" ? "" : `, ${holder.dropReason}`}`,
        at: { holder: holder.index },
      });
    }
    return findings.verdict();
  },
});

function isAsGroLeavesIt(run: Run): boolean {
  const { packet, switches } = run.recipe;
  return (
    ISSUED.includes(packet.gso) &&
    run.packet.arrival === "stack" &&
    parsedLayers(run.packet.frame).length === 1 &&
    switches.length === 0 &&
    packet.vlan.length <= MOST_TAGS &&
    isEven(run)
  );
}

const isDue = (run: Run, holder: HolderRun): boolean =>
  holder.exit === "port" && holder.outcome !== "unborn" && holder.outcome !== "faulted" && keepsBoundaries(run, holder);
