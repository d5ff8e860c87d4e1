/** Where holders' packets end up, for laws that hold at several exits. */
import { SKB_GSO_FRAGLIST } from "../abi/features.js";
import type { HolderRun, Run } from "../recipe/Run.js";

const ON_THE_WIRE: readonly HolderRun["exit"][] = ["port", "route", "vxlan", "veth"];

/** Whether what the holder put out was handed to a device, with the features that the run has for it. */
export const reachesWire = ({ exit }: Pick<HolderRun, "exit">): boolean => ON_THE_WIRE.includes(exit);

/**
 * ` chained again` for a packet that was no list when it entered a veth pair, and of which receive offload at the far end
 * made one: what a list does to checksums must not hide what happens to its kind. For places.
 */
export function chainedAgain({ calls, packet }: Run, { exit, index }: Pick<HolderRun, "exit" | "index">): string {
  const wasList = ((packet.view?.shinfo.gsoType ?? 0) & SKB_GSO_FRAGLIST) !== 0;
  const isList = calls.some(({ holder, listPath }) => holder === index && listPath);
  return exit === "veth" && isList && !wasList ? " chained again" : "";
}
