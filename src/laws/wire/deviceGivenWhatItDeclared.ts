/** A driver reads the features it declared as a promise about what it will be handed. */

import {
  gsoTypeNames,
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_MASK,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_PARTIAL,
} from "../../abi/features.js";
import type { SkbView } from "../../recipe/Run.js";
import { reachesWire } from "../exits.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";

/**
 * DODGY is no demand on the device once the headers have been checked. A partial packet asks for GSO_PARTIAL instead of
 * its own type.
 */
export const deviceGivenWhatItDeclared = law({
  name: "device-given-what-it-declared",
  law: "A device is handed no packet that needs a feature it did not declare.",
  standsFor: ["I14", "SEG-10"],
  check(run) {
    const findings = new Findings();
    for (const { index, exit, features, frames } of run.holders) {
      if (!reachesWire({ exit })) continue;
      for (const [frame, { view }] of frames.entries()) {
        findings.applies();
        for (const { place, received } of excessOf(view, features)) {
          const at = { holder: index, frame };
          findings.broken({
            place: `${place} (${gsoKind(run, index)})`,
            expected: "only declared features",
            received,
            at,
          });
        }
      }
    }
    return findings.verdict();
  },
});

function excessOf({ shinfo }: SkbView, features: number): { place: string; received: string }[] {
  const excess: { place: string; received: string }[] = [];
  const { gsoSize, gsoType, members, frags } = shinfo;
  if (gsoSize !== 0) {
    const isPartial = (gsoType & SKB_GSO_PARTIAL) !== 0;
    const needed = isPartial ? NETIF_F_GSO_PARTIAL : gsoType & NETIF_F_GSO_MASK & ~SKB_GSO_DODGY;
    const missing = needed & ~features;
    if (missing !== 0) excess.push({ place: "gso_type", received: `${gsoTypeNames(missing)}, not declared` });
  }
  if (members.length > 0 && (features & NETIF_F_FRAGLIST) === 0) {
    excess.push({ place: "frag_list", received: `${members.length} members without NETIF_F_FRAGLIST` });
  }
  if (frags.length > 0 && (features & NETIF_F_SG) === 0) {
    excess.push({ place: "frags", received: `${frags.length} fragments without NETIF_F_SG` });
  }
  return excess;
}
