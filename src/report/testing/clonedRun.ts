/** A hand-made run with all that a drawing shows: two holders on one head, an interrupt, a list taken from a clone. */
import { bend, firstCall, sampleRun } from "../../laws/testing/sampleRun.js";
import { schema } from "../../recipe/Recipe.js";
import type { Run, SkbView } from "../../recipe/Run.js";
import { leastOf } from "../../recipe/schema.js";

export const clonedRun: Run = bend(sampleRun({ payloads: [91, 91, 40] }), (run) => {
  const holder = structuredClone(leastOf(schema.holder));
  Object.assign(run.recipe, {
    holders: [holder, { ...holder, exit: "local" }],
    switches: [{ holder: 0, touch: 3, to: 1 }],
  });
  const call = firstCall(run);
  call.interrupted = true;
  call.input.cloned = true;
  call.input.shinfo.dataref = 2;
  const before = structuredClone(call.input) as SkbView;
  const after: SkbView = { ...before, len: 91, shinfo: { ...before.shinfo, gsoSize: 0, members: [] } };
  const [first] = run.holders;
  if (!first) return;
  run.holders.push({
    ...structuredClone(first),
    index: 1,
    exit: "local",
    entered: { ...structuredClone(call.input), serial: 9 },
    outcome: "delivered",
    frames: [],
    sockets: [
      { name: "udp#1", accepts: "nothing", datagrams: [], drops: 3, inErrors: 0, rcvbufErrors: 0, rmemAlloc: 0 },
    ],
    disturbances: [{ before, after, by: [0] } as Run["holders"][number]["disturbances"][number]] as never,
  });
  first.interrupted = true;
  first.entered = structuredClone(call.input);
  run.memory.push({
    kind: "shared-write",
    object: "shinfo#1",
    field: "gso_size",
    holder: 0,
    site: ["skb_segment_list", "__udp_gso_segment"],
    before: 91,
    after: 0,
    other: -1,
  });
  run.faults.push({ kind: "BUG", id: "pull", holder: 1, site: ["skb_pull", "udp_rcv_segment"], values: { len: 8 } });
  run.trace.push(
    { holder: 0, text: "skb_segment_list: takes the frag_list" },
    { holder: 1, text: "udp_queue_rcv_skb: reads gso_size" },
    { holder: 1, text: "skb_pull: 8 bytes" },
    { holder: 0, text: "skb_segment_list: copies headers" },
  );
});
