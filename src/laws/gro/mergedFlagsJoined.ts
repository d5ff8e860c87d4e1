import { TCPHDR_FIN, TCPHDR_PSH } from "../../wire/tcp.js";
import { law } from "../law.js";
import { checkAggregates, layerOfFrame, placeIn } from "./batch.js";

/** A chain leaves every header as it is. */
export const mergedFlagsJoined = law({
  name: "merged-flags-joined",
  law: "A merged TCP packet has the flags of its first frame with FIN or PSH of any other.",
  standsFor: ["GRO-7", "I3"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      const { layer, isList, frames } = aggregate;
      if (layer.tcp === undefined || frames.length === 0) return;
      findings.applies();
      const flags = frames.map((frame) => layerOfFrame(aggregate, frame)?.tcp?.flags ?? 0);
      const ends = isList ? 0 : flags.reduce((all, one) => all | one, 0) & (TCPHDR_FIN | TCPHDR_PSH);
      const expected = (flags[0] ?? 0) | ends;
      const received = layer.tcp.flags;
      if (expected === received) return;
      const [due, found] = [expected, received].map((value) => `0x${value.toString(16)}`);
      const place = `flags${aggregate.kind}`;
      findings.broken({ place, expected: due ?? "", received: found ?? "", at: placeIn(aggregate) });
    }),
});
