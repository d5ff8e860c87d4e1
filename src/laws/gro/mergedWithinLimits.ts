import { GSO_TCP } from "../gsoLayer.js";
import { law } from "../law.js";
import { checkAggregates, placeIn } from "./batch.js";

/** UDP_GRO_CNT_MAX, which TCP lists keep as well. */
const MOST_PACKETS = 64;
const LEGACY_LIMIT = 65_536;
/** What devices for BIG TCP have here. */
const BIG_LIMIT = 185_000;

/** Lengths are sixteen bits wide in the headers; only TCP knows ways around that. */
export const mergedWithinLimits = law({
  name: "merged-within-limits",
  law: "A merged packet has no more bytes or datagrams than its headers, its kind, its device allow.",
  standsFor: ["GRO-9", "I10"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      findings.applies();
      const { view, made } = aggregate.delivery;
      const isStream = (view.shinfo.gsoType & GSO_TCP) !== 0 && !aggregate.isList;
      const mayBeBig = isStream && aggregate.layers.length === 1 && run.recipe.packet.gro.big;
      const limit = mayBeBig ? BIG_LIMIT : LEGACY_LIMIT;
      const at = placeIn(aggregate);
      if (view.len >= limit) {
        const place = `length${aggregate.kind}`;
        findings.broken({ place, expected: `less than ${limit} bytes`, received: `${view.len}`, at });
      }
      if (!isStream && made.length > MOST_PACKETS) {
        const place = `count${aggregate.kind}`;
        findings.broken({ place, expected: `at most ${MOST_PACKETS}`, received: `${made.length}`, at });
      }
    }),
});
