/** The list path exists to be cheap: it hands the members on as they are. */

import { NETIF_F_FRAGLIST, NETIF_F_SG } from "../../abi/features.js";
import type { SegmentationCall, SkbView } from "../../recipe/Run.js";
import { Findings, law } from "../law.js";

const DATAREF_MASK = 0xffff;

export const aloneMeansNoCopy = law({
  name: "alone-means-no-copy",
  law: "The list path copies no member that nobody else refers to.",
  standsFor: ["SIB-8"],
  check(run) {
    const findings = new Findings(run);
    for (const call of run.calls) {
      if (!isAlone(call)) continue;
      for (const [i, member] of call.input.shinfo.members.entries()) {
        if (needsLinearize(member, call.features)) continue;
        const segment = call.segments[i + 1];
        if (segment === undefined) break;
        findings.applies();
        const at = { holder: call.holder, segment: i + 1 };
        if (segment.serial !== member.serial) {
          const [expected, received] = [`skb#${member.serial}`, `skb#${segment.serial}`];
          findings.broken({ place: "sk_buff", expected, received, at });
        } else if (segment.head !== member.head) {
          findings.broken({ place: "head", expected: `head#${member.head}`, received: `head#${segment.head}`, at });
        }
      }
    }
    return findings.verdict();
  },
});

const isAlone = ({ listPath, result, input }: SegmentationCall): boolean =>
  listPath &&
  result === "list" &&
  (input.shinfo.dataref & DATAREF_MASK) === 1 &&
  input.shinfo.members.every((member) => member.users === 1);

/** @kernel skb_needs_linearize include/linux/skbuff.h */
const needsLinearize = ({ shinfo }: SkbView, features: number): boolean =>
  (shinfo.members.length > 0 && (features & NETIF_F_FRAGLIST) === 0) ||
  (shinfo.frags.length > 0 && (features & NETIF_F_SG) === 0);
