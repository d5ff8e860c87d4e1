/** An application that knows nothing of offloads sees what was sent, one read for each datagram. */
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { HolderRun, Run, SocketRun } from "../../recipe/Run.js";
import { historyOf, isPlainUdp } from "../history.js";
import { Findings, law } from "../law.js";
import { middleSteps, type Step } from "../operations.js";
import { keepsBoundaries } from "./groShape.js";

const SHOWN = 16;
/** Truesize that the usual receive buffer holds, with something to spare. */
const RECEIVE_BUFFER = 200_000;
/** An sk_buff with a head for the headers costs less, however sizes are rounded. */
const COST_OF_SEGMENT = 2_048;

/**
 * Left out: packets whose gso_size was changed, for a segment may then need more fragments than one sk_buff holds;
 * sockets with a filter, for those verify checksums that a recipe may have spoilt; unicast with several
 * listeners, of which only one gets the packet; IPv6 without a checksum; checksum states that GRO does not leave; what
 * may not fit into the usual receive buffer.
 */
export const datagramsDeliveredOnce = law({
  name: "datagrams-delivered-once",
  law: "A socket that takes no aggregates receives exactly the original datagrams in their order.",
  standsFor: ["I1", "I12", "I13", "SEG-7"],
  check(run) {
    const findings = new Findings();
    for (const holder of run.holders) {
      if (!isDue(run, holder)) continue;
      for (const [i, socket] of holder.sockets.entries()) {
        const wanted = run.recipe.holders[holder.index]?.sockets[i];
        if (socket.accepts !== "nothing" || wanted === undefined || wanted.filters || wanted.smallBuffer) continue;
        findings.applies();
        compare(run, socket, holder.index, findings);
      }
    }
    return findings.verdict();
  },
});

function isDue(run: Run, holder: HolderRun): boolean {
  const { packet } = run.recipe;
  if (packet.dodgy) return false;
  if (!isForHere(run)) return false;
  const isLooped = holder.exit === "loopback" && packet.vlan.length === 0 && !packet.acceleratedVlan;
  if ((holder.exit !== "local" && !isLooped) || holder.outcome === "faulted" || holder.outcome === "unborn")
    return false;
  if (packet.checksum !== "unnecessary" && packet.checksum !== "partial") return false;
  if (packet.zeroChecksum && packet.family === "ipv6") return false;
  if (packet.cast !== "multicast" && holder.sockets.length !== 1) return false;
  return fits(run) && keepsBoundaries(run, holder);
}

/** The list path leaves the head the truesize of all members, which then count twice. */
const fits = (run: Run): boolean =>
  2 * (run.packet.view?.truesize ?? 0) + COST_OF_SEGMENT * historyOf(run).datagrams.length < RECEIVE_BUFFER;

/** Other transports, and tunnels, end at other sockets; a translated packet may be for nobody here. */
const isForHere = (run: Run): boolean => isPlainUdp(run) && middleSteps(run).every((step) => !REROUTING.includes(step));

const REROUTING: readonly Step[] = ["nat-source", "nat-destination", "translate", "decrement-hop-limit"];

function compare(run: Run, socket: SocketRun, holder: number, findings: Findings): void {
  const due = historyOf(run).datagrams;
  const at = { holder, socket: socket.name };
  const path = run.holders[holder]?.exit === "loopback" ? ", looped back" : "";
  const { datagrams } = socket;
  if (datagrams.length !== due.length) {
    findings.broken({
      place: `${datagrams.length < due.length ? "too few datagrams" : "too many datagrams"}${path}`,
      expected: `${due.length} datagrams of ${lengths(due)} bytes`,
      received: `${datagrams.length} datagrams of ${lengths(datagrams.map(({ payload }) => payload))} bytes`,
      at,
    });
    return;
  }
  for (const [datagram, expected] of due.entries()) {
    const received = datagrams[datagram]?.payload;
    if (received !== undefined && equalBytes(expected, received)) continue;
    findings.broken({
      place: `${received === undefined ? "unreadable" : received.length === expected.length ? "payload" : "length"}${path}`,
      expected: hex(expected, SHOWN),
      received: received === undefined ? "not all there" : describeDifference(expected, received),
      at: { ...at, datagram },
    });
  }
}

const lengths = (payloads: readonly (Uint8Array | undefined)[]): string =>
  payloads.map((payload) => payload?.length ?? "unreadable").join(" ");
