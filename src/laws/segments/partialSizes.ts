import { NETIF_F_GSO_PARTIAL, SKB_GSO_DODGY, SKB_GSO_PARTIAL } from "../../abi/features.js";
import { law } from "../law.js";
import { checkCalls, placeOf } from "./cutCall.js";

/** A device that cuts equal units itself is given as many of them at a time as fit. */
export const partialSizes = law({
  name: "partial-sizes",
  law: "A partial segment carries whole units of gso_size, labelled as such for the device.",
  standsFor: ["SEG-6", "I2", "I10"],
  check: (run) =>
    checkCalls(run, (cut, findings) => {
      const mss = cut.call.input.shinfo.gsoSize;
      if (!cut.partial || mss === 0) return;
      findings.applies();
      const unit = mss * (cut.segments[0]?.view.shinfo.gsoSegs ?? 0);
      for (const segment of cut.segments) {
        const { gsoSize, gsoType } = segment.view.shinfo;
        const size = segment.payload?.length;
        const last = segment.index === cut.segments.length - 1;
        const at = placeOf(cut, segment);
        if (size === undefined) continue;
        if (last ? size < 1 || size > unit : size !== unit) {
          const expected = last ? `1 to ${unit} bytes` : `${unit} bytes`;
          findings.broken({ place: `${last ? "last" : "size"}${cut.kind}`, expected, received: `${size} bytes`, at });
        }
        const due = last && size <= mss ? 0 : mss;
        if (gsoSize !== due)
          findings.broken({ place: `gso_size${cut.kind}`, expected: `${due}`, received: `${gsoSize}`, at });
        if ((gsoType & SKB_GSO_DODGY) !== 0)
          findings.broken({ place: `DODGY${cut.kind}`, expected: "clear", received: "set", at });
        if ((gsoType & SKB_GSO_PARTIAL) !== 0 && (cut.call.features & NETIF_F_GSO_PARTIAL) === 0) {
          findings.broken({ place: `PARTIAL${cut.kind}`, expected: "clear without the feature", received: "set", at });
        }
      }
    }),
});
