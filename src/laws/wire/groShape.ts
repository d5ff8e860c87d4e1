/** Which packets bear enough of their history that the datagrams in them can be told apart again. */

import { SKB_GSO_DODGY, SKB_GSO_FRAGLIST, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import type { HolderRun, Run } from "../../recipe/Run.js";

/** An IPv4 total length or an IPv6 payload length is 16 bits wide; larger frames wrap their length fields. */
export const LONGEST_FRAME = 65_535;

/**
 * Whether a holder's packet says truly where one datagram ends and the next begins, so that whoever cuts it has to find
 * all of them: a fraglist whose head holds the first datagram, an L4 packet cut at gso_size with its checksum set up, or
 * a single datagram.
 *
 * A list with uneven members keeps its boundaries only where it is taken apart as a list, which DODGY rules out. All is
 * told by the packet as it was before anybody had it: what a sibling did to it since is no excuse. Left out: a checksum
 * that is to be written into the payload.
 */
export function keepsBoundaries(run: Run, { index }: HolderRun): boolean {
  const { datagrams, view, frame } = run.packet;
  if (view === undefined || frame.length > LONGEST_FRAME) return false;
  if ((run.recipe.holders[index]?.before.length ?? 1) > 0 || run.recipe.failures.length > 0) return false;
  if (run.recipe.packet.checksumStart !== 0) return false;
  if (datagrams.some((datagram) => datagram.length === 0)) return false;
  const { gsoSize, gsoType } = view.shinfo;
  if (gsoSize === 0) return run.recipe.packet.gso === "none" && datagrams.length === 1;
  if (datagrams.length < 2) return false;
  if ((gsoType & SKB_GSO_FRAGLIST) !== 0) return isHonestList(run, gsoType);
  return (gsoType & SKB_GSO_UDP_L4) !== 0 && isEven(run) && view.csumStart === view.transportHeader;
}

/** Whether every datagram but the last is gso_size long, and the last no longer. */
export function isEven({ packet }: Run): boolean {
  const gsoSize = packet.view?.shinfo.gsoSize ?? 0;
  return packet.datagrams.every(({ length }, i) =>
    i < packet.datagrams.length - 1 ? length === gsoSize : length > 0 && length <= gsoSize,
  );
}

function isHonestList(run: Run, gsoType: number): boolean {
  const { datagrams, view } = run.packet;
  const { gsoSize, members } = view?.shinfo ?? { gsoSize: 0, members: [] };
  if (datagrams[0]?.length !== gsoSize || members.length !== datagrams.length - 1) return false;
  return isEven(run) || (gsoType & SKB_GSO_DODGY) === 0;
}
