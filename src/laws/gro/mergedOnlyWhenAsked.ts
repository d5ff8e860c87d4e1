import { law } from "../law.js";
import { checkAggregates, placeIn } from "./batch.js";

/**
 * TCP is always merged. UDP only if the device is told to forward merged packets or to chain them, or if a listener asked
 * for it; a tunnel has a listener of its own.
 */
export const mergedOnlyWhenAsked = law({
  name: "merged-only-when-asked",
  law: "Datagrams are merged only where somebody asked for it, chained only where the device was told to.",
  standsFor: ["GRO-10", "I13"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      findings.applies();
      const { fraglist, udpForwarding, listener } = run.recipe.packet.gro;
      const at = placeIn(aggregate);
      if (aggregate.isList && !fraglist) {
        const place = `list${aggregate.kind}`;
        findings.broken({ place, expected: "no chain", received: "a chain without GRO_FRAGLIST", at });
      }
      const isAsked = fraglist || udpForwarding || listener === "gro";
      if (aggregate.layer.udp === undefined || isAsked || aggregate.layers.length > 1) return;
      const place = `datagrams${aggregate.kind}`;
      findings.broken({ place, expected: "datagrams of their own", received: "merged though nobody asked", at });
    }),
});
