import { SKB_GSO_FRAGLIST, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import type { SkbView, SocketRun } from "../../recipe/Run.js";
import { kindSuffix } from "../gsoKind.js";
import { Findings, law } from "../law.js";

/**
 * A read returns an aggregate in one piece, with gso_size for a hint. Of a list it would return what lies in the head. Left
 * out: datagrams without members whose shared info others have too, for they may have written its GSO fields.
 */
export const onlyAcceptedAggregates = law({
  name: "only-accepted-aggregates",
  law: "A socket's queue holds no aggregate of a kind that the socket did not ask for.",
  standsFor: ["I12", "SIB-14"],
  check(run) {
    const findings = new Findings();
    for (const { index, sockets } of run.holders) {
      for (const [i, socket] of sockets.entries()) {
        for (const { view } of socket.datagrams) {
          findings.applies();
          const kind = unwanted(socket, view);
          if (kind === undefined || isOthersToo(view)) continue;
          findings.broken({
            place: kind + kindSuffix(run, index),
            expected: `a socket that takes ${socket.accepts} gets single datagrams, or what it takes`,
            received: `gso_type 0x${view.shinfo.gsoType.toString(16)}, gso_size ${view.shinfo.gsoSize}`,
            at: { holder: index, socket: i },
          });
        }
      }
    }
    return findings.verdict();
  },
});

function unwanted({ accepts }: SocketRun, { shinfo }: SkbView): string | undefined {
  if (shinfo.gsoSize === 0) return undefined;
  if ((shinfo.gsoType & SKB_GSO_FRAGLIST) !== 0) return accepts === "fraglist" ? undefined : "a list";
  if ((shinfo.gsoType & SKB_GSO_UDP_L4) !== 0) return accepts === "nothing" ? "an aggregate" : undefined;
  return undefined;
}

const isOthersToo = ({ shinfo }: SkbView): boolean => (shinfo.dataref & 0xffff) > 1 && shinfo.members.length === 0;
