/** The kernel in force: mainline, or mainline with some fixes reversed and some differences of a release put back. */
import { fixedSeams } from "../net/fixedSeams.js";
import type { NetSeams } from "../net/NetKernel.js";

export interface Kernel {
  /** `mainline`, `v6.4`, `mainline+some-bug`. */
  readonly name: string;
  /** Ids of the historical bugs that are switched on. */
  readonly bugs: readonly string[];
  readonly seams: NetSeams;
}

/** Every known bug fixed; where the captures of 6.18 differ from 6.12, as the captures say. */
export const mainline: Kernel = { name: "mainline", bugs: [], seams: fixedSeams };

/**
 * Which decisions are taken differently. Each function receives the behaviour in force, so that a bug can skip it,
 * bend it or call it late, and two bugs on one seam stack in the order in which they are listed.
 */
export type Unfix = {
  readonly [F in keyof NetSeams]?: {
    readonly [S in keyof NetSeams[F]]?: (inForce: NetSeams[F][S]) => NetSeams[F][S];
  };
};

/** The seams with some of them replaced. */
export function unfixed(seams: NetSeams, unfix: Unfix): NetSeams {
  const changed: Record<string, Record<string, unknown>> = {};
  for (const [family, replacements] of Object.entries(unfix)) {
    const inForce = seams[family as keyof NetSeams] as unknown as Record<string, unknown>;
    const copy: Record<string, unknown> = { ...inForce };
    for (const [seam, replace] of Object.entries(replacements as Record<string, (inForce: unknown) => unknown>)) {
      copy[seam] = replace(inForce[seam]);
    }
    changed[family] = copy;
  }
  return { ...seams, ...changed } as unknown as NetSeams;
}
