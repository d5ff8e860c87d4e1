/** The decisions of MPLS segmentation that a released kernel once got wrong. */
import { MPLS_HLEN } from "../../wire/mpls.js";

export const mplsGsoSeams = {
  /** Whether that many bytes between the two network headers are a stack of labels: at least one, and whole ones. */
  isLabelStack: (hlen: number): boolean => hlen !== 0 && hlen % MPLS_HLEN === 0,
};
export type MplsGsoSeams = typeof mplsGsoSeams;
