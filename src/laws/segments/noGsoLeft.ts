import { gsoTypeNames, NETIF_F_GSO_PARTIAL } from "../../abi/features.js";
import { law } from "../law.js";
import { type CutCall, checkCalls, placeOf } from "./cutCall.js";

/** A segment that still says it is GSO would be cut again, or refused by the device. */
export const noGsoLeft = law({
  name: "no-gso-left",
  law: "A segment that nobody will cut again is no GSO packet.",
  standsFor: ["SEG-8", "I10"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      if (cut.partial || isUnreadablePartial(cut)) return;
      if (cut.call.input.shinfo.members.some((member) => member.shinfo.gsoSize !== 0)) return;
      for (const segment of cut.segments) {
        findings.applies();
        const { gsoSize, gsoSegs, gsoType } = segment.view.shinfo;
        const at = placeOf(cut, segment);
        if (gsoSize !== 0)
          findings.broken({ place: `${cut.path}: gso_size`, expected: "0", received: `${gsoSize}`, at });
        // The aggregate itself becomes the first segment of the list path, so all of its marks have to go.
        if (!cut.call.listPath || segment.index !== 0) continue;
        if (gsoSegs !== 0)
          findings.broken({ place: `head: gso_segs${cut.kind}`, expected: "0", received: `${gsoSegs}`, at });
        if (gsoType !== 0)
          findings.broken({
            place: `head: gso_type${cut.kind}`,
            expected: "none",
            received: gsoTypeNames(gsoType),
            at,
          });
      }
    }),
});

/** Without the headers, behind a port that was translated, nobody can say what such a device promised to cut further. */
const isUnreadablePartial = ({ headers, call }: CutCall): boolean =>
  headers === undefined && (call.features & NETIF_F_GSO_PARTIAL) !== 0;
