/** Where holders' packets end up, for laws that hold at several exits. */
import type { HolderRun } from "../recipe/Run.js";

const ON_THE_WIRE: readonly HolderRun["exit"][] = ["port", "route", "vxlan", "veth"];

/** Whether what the holder put out was handed to a device, with the features that the run has for it. */
export const reachesWire = ({ exit }: Pick<HolderRun, "exit">): boolean => ON_THE_WIRE.includes(exit);
