import { law } from "../law.js";
import { checkAggregates, payloadOfFrame, placeIn } from "./batch.js";

/** The list path hands out head and members as packets, without looking for boundaries. */
export const mergedListShape = law({
  name: "merged-list-shape",
  law: "Head or member, every sk_buff of a merged list holds the payload of exactly one frame.",
  standsFor: ["GRO-6", "I10"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      if (!aggregate.isList) return;
      findings.applies();
      const { view } = aggregate.delivery;
      const { members, gsoSize } = view.shinfo;
      const inMembers = members.reduce((sum, member) => sum + member.len, 0);
      // data stands behind the link header, or behind that and tags.
      const headers = aggregate.layer.payloadOffset - (view.data - view.macHeader);
      const held = [view.len - inMembers - headers, ...members.map((member) => member.len)];
      if (held.length !== aggregate.frames.length) {
        const [expected, received] = [aggregate.frames.length, held.length].map((count) => `${count} sk_buffs`);
        const place = `count${aggregate.kind}`;
        findings.broken({ place, expected: expected ?? "", received: received ?? "", at: placeIn(aggregate) });
      }
      for (const [i, frame] of aggregate.frames.entries()) {
        const due = i === 0 ? gsoSize : payloadOfFrame(aggregate, frame).length;
        if (held[i] === undefined || held[i] === due) continue;
        findings.broken({
          place: `${i === 0 ? "head" : "member"}${aggregate.kind}`,
          expected: `${due} bytes`,
          received: `${held[i]} bytes`,
          at: placeIn(aggregate, frame),
        });
      }
    }),
});
