/** Which packets bear enough of their history that the datagrams in them can be told apart again. */

import { GSO_BY_FRAGS, SKB_GSO_DODGY, SKB_GSO_FRAGLIST, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import type { HolderRun, Run } from "../../recipe/Run.js";
import { GSO_TCP } from "../gsoLayer.js";
import { historyOf } from "../history.js";
import { isRewritten, keepsPieces } from "../operations.js";

/** An IPv4 total length or an IPv6 payload length is 16 bits wide; larger frames wrap their length fields. */
export const LONGEST_FRAME = 65_535;

/**
 * Whether a holder's packet says truly where one datagram ends and the next begins, so that whoever cuts it has to find
 * all of them: a fraglist whose head holds the first datagram, an L4 packet cut at gso_size with its checksum set up, a
 * list with a member for each packet, or a single datagram.
 *
 * A list with uneven members keeps its boundaries only where it is taken apart as a list, which DODGY rules out. All is
 * told by the packet as it was before anybody had it: what a sibling did to it since is no excuse. Left out: a checksum
 * that is to be written into the payload.
 */
export function keepsBoundaries(run: Run, { index }: HolderRun): boolean {
  const { view, frame, gro } = run.packet;
  if (view === undefined || frame.length > LONGEST_FRAME || !keepsPieces(run)) return false;
  if ((run.recipe.holders[index]?.before.length ?? 1) > 0 || run.recipe.failures.length > 0) return false;
  if (run.recipe.packet.checksumStart !== 0 || losesTunnel(run, index)) return false;
  const { datagrams } = historyOf(run);
  if (datagrams.some((datagram) => datagram.length === 0)) return false;
  const { gsoSize, gsoType, members } = view.shinfo;
  if (gsoSize === 0) return (gro !== undefined || SINGLE.includes(run.recipe.packet.gso)) && datagrams.length === 1;
  if (datagrams.length < 2) return gsoSize === GSO_BY_FRAGS && members.length === 1;
  if ((gsoType & SKB_GSO_FRAGLIST) !== 0) return isHonestList(run, gsoType);
  if (gsoSize === GSO_BY_FRAGS) return members.length === datagrams.length;
  if ((gsoType & GSO_TCP) !== 0) return isEven(run);
  return (gsoType & SKB_GSO_UDP_L4) !== 0 && isEven(run) && startsAtTransport(run);
}

/** Kinds of which one packet alone is an ordinary one. */
const SINGLE: readonly string[] = ["none", "tcp", "tcp-fraglist", "sctp"];

/** Behind a port that was translated nobody recognises a tunnel. */
const losesTunnel = (run: Run, holder: number): boolean =>
  run.recipe.packet.tunnels.some(({ kind }) => kind === "vxlan") && isRewritten(run, holder);

/** Inside a tunnel the transport whose checksum it is has another offset. */
const startsAtTransport = ({ packet: { view } }: Run): boolean =>
  view !== undefined && view.csumStart === (view.encapsulation ? view.innerTransportHeader : view.transportHeader);

/** Whether every datagram but the last is gso_size long, and the last no longer. */
export function isEven(run: Run): boolean {
  const gsoSize = run.packet.view?.shinfo.gsoSize ?? 0;
  const { datagrams } = historyOf(run);
  return datagrams.every(({ length }, i) =>
    i < datagrams.length - 1 ? length === gsoSize : length > 0 && length <= gsoSize,
  );
}

function isHonestList(run: Run, gsoType: number): boolean {
  const { datagrams } = historyOf(run);
  const { gsoSize, members } = run.packet.view?.shinfo ?? { gsoSize: 0, members: [] };
  if (datagrams[0]?.length !== gsoSize || members.length !== datagrams.length - 1) return false;
  return isEven(run) || (gsoType & SKB_GSO_DODGY) === 0;
}
