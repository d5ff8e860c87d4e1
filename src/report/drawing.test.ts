import { describe, expect, test } from "vitest";
import { bend, sampleRun, sampleView } from "../laws/testing/sampleRun.js";
import { compareViews, drawPairs } from "./compareViews.js";
import { drawChain, drawGraph } from "./drawGraph.js";
import { drawSteps } from "./drawSteps.js";
import { palette } from "./palette.js";
import { showRun } from "./showRun.js";
import { clonedRun } from "./testing/clonedRun.js";

const shown = {
  title: "A list is cut",
  why: "Two holders.",
  property: "flood/x",
  breaches: [],
  replay: "npx skbcheck replay x.json",
};

describe("drawGraph", () => {
  test("puts the holders of one head together, with its shared info and list once", () => {
    const skbs = clonedRun.holders.flatMap(({ index, exit, entered }) =>
      entered ? [{ label: `holder ${index} (${exit})`, view: entered }] : [],
    );
    expect(drawGraph(skbs)).toEqual([
      "holder 0 (port)   skb#1  len 284 = 153 linear + 131 in list  cloned --.",
      "holder 1 (local)  skb#9  len 284 = 153 linear + 131 in list  cloned --+",
      "    head#1  data 64  tail 217  end 256",
      "    shinfo#1  dataref 2  gso_size 91  gso_segs 3  gso_type UDP_L4 FRAGLIST",
      "    `- frag_list of 2",
      "       |- skb#2  head#2  len 91 linear",
      "       `- skb#3  head#3  len 40 linear",
    ]);
  });

  test("draws a head twice when it was changed between two views", () => {
    const view = sampleView();
    const later = { ...view, shinfo: { ...view.shinfo, gsoSize: 7 } };
    const text = drawGraph([
      { label: "a", view },
      { label: "b", view: later },
    ]).join("\n");
    expect(text.match(/shinfo#1/g)).toHaveLength(2);
    expect(text).toContain("(the same head at another moment)");
  });

  test("draws page fragments, members that share their head, and both halves of dataref", () => {
    const member = sampleView({ serial: 5, head: 5, users: 2 });
    const view = sampleView();
    const shinfo = {
      ...view.shinfo,
      dataref: 0x10002,
      frags: [{ page: 3, offset: 16, len: 100 }],
      members: [{ ...member, shinfo: { ...member.shinfo, dataref: 2 } }],
    };
    const text = drawGraph([{ label: "a", view: { ...view, dataLen: 100, len: view.len + 100, shinfo } }]).join("\n");
    expect(text).toContain("dataref 2 (1 payload-only)");
    expect(text).toContain("|- frag page#3 at 16, 100 bytes");
    expect(text).toMatch(/`- skb#5 {2}head#5 .*users 2 {2}dataref 2 SHARED/);
    expect(text).toContain("100 paged");
  });

  test("leaves the middle of a long list out", () => {
    const view = sampleView();
    const members = Array.from({ length: 40 }, (_, i) => sampleView({ serial: 100 + i, head: 100 + i }));
    const lines = drawGraph([{ label: "a", view: { ...view, shinfo: { ...view.shinfo, members } } }]);
    expect(lines.length).toBeLessThan(20);
    expect(lines.join("\n")).toContain("... 28 more ...");
  });

  test("draws a chain with its links", () => {
    const [first, second] = sampleRun().calls[0]?.segments ?? [];
    const lines = drawChain(first && second ? [first, { ...second, next: 0 }] : []);
    expect(lines[0]).toMatch(/^skb#1 {2}head#1 .*next skb#2$/);
    expect(lines[1]).toMatch(/^skb#2 .*next NULL$/);
  });
});

describe("compareViews", () => {
  test("marks what changed and keeps a few fields beside it", () => {
    const { before, after } = clonedRun.holders[1]?.disturbances[0] ?? {};
    const pairs = before && after ? compareViews(before, after) : [];
    const changed = pairs.filter((it) => it.changed).map((it) => `${it.field} ${it.before} ${it.after}`);
    expect(changed).toContain("len 284 91");
    expect(changed).toContain("shinfo.gsoSize 91 0");
    expect(changed).toContain("shinfo.members [skb#2 skb#3] []");
    expect(changed).toHaveLength(3);
    expect(pairs).toContainEqual({
      field: "shinfo.gsoType",
      before: "UDP_L4 FRAGLIST",
      after: "UDP_L4 FRAGLIST",
      changed: false,
    });
    expect(pairs).toContainEqual({ field: "shinfo.dataref", before: "2", after: "2", changed: false });
    const lines = drawPairs(pairs, (text) => `<${text}>`);
    expect(lines.find((it) => it.includes("gsoSize"))).toMatch(/^<! {2}shinfo\.gsoSize +91 +-> 0>$/);
    expect(lines.find((it) => it.includes("dataref"))).toMatch(/^ {3}shinfo\.dataref +2$/);
  });

  test("shows where bytes first differ, and views that became unreadable", () => {
    const view = sampleView();
    const bytes = view.bytes?.slice() ?? new Uint8Array();
    bytes[20] = (bytes[20] ?? 0) ^ 0xff;
    const pair = compareViews(view, { ...view, bytes }).find((it) => it.field === "bytes");
    expect(pair?.before).toMatch(/^\d+ bytes, at 20: [0-9a-f]{16}$/);
    expect(pair?.after).not.toBe(pair?.before);
    expect(compareViews(view, { ...view, bytes: undefined }).find((it) => it.field === "bytes")?.after).toBe(
      "(unreadable)",
    );
  });
});

describe("drawSteps", () => {
  test("marks the interrupt, indents what runs in it, and says where it ends", () => {
    expect(drawSteps(clonedRun)).toEqual([
      "holder 0  skb_segment_list: takes the frag_list",
      ">>> INTERRUPT at touch 3 of a shared info by holder 0: holder 1 runs to its end",
      "    holder 1  udp_queue_rcv_skb: reads gso_size",
      "    holder 1  skb_pull: 8 bytes",
      "<<< holder 0 goes on where it was interrupted",
      "holder 0  skb_segment_list: copies headers",
    ]);
  });

  test("a change of turns is no interrupt", () => {
    const turns = bend(clonedRun, (run) => {
      for (const holder of run.holders) holder.interrupted = false;
    });
    expect(drawSteps(turns).join("\n")).not.toContain("INTERRUPT");
  });
});

describe("showRun", () => {
  const text = showRun(clonedRun, {
    ...shown,
    breaches: [{ law: "sibling-untouched", sentence: "S.", expected: "91", received: "0", at: { holder: 1 } }],
  });

  test("has every part, in an order that can be read from the top", () => {
    const parts = [
      "A list is cut",
      "sibling-untouched: S.",
      "ipv6 udp multicast fraglist gso_size=91 ",
      "Before anybody had a clone",
      "0: has a clone: port",
      "1: has the original: local",
      "As each holder's last step began",
      "INTERRUPT",
      "Segmentation 1: holder 0, 3 segments by skb_segment_list, interrupted",
      "sent, 3 frames of 153, 153, 102 bytes",
      "udp#1 got 0, dropped 3",
      "holder 1's sk_buff, while holder 0 ran:",
      "shinfo.gsoSize",
      "BUG pull, holder 1: skb_pull < udp_rcv_segment  (len 8)",
      "shared-write of shinfo#1 gso_size 91 -> 0 by holder 0: skb_segment_list < __udp_gso_segment",
      "replay: npx skbcheck replay x.json\n",
    ];
    const at = parts.map((part) => text.indexOf(part));
    expect(at).not.toContain(-1);
    expect([...at].sort((a, b) => a - b)).toEqual(at);
  });

  test("is plain text that fits a mail, unless colour is asked for", () => {
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text.split("\n").filter((line) => line.length > 140)).toEqual([]);
    expect(text).not.toMatch(/ \n/);
    expect(showRun(clonedRun, shown, palette(true))).toContain("\u001b[");
  });

  test("says what became of every step on the way to the holders", () => {
    const stopped = bend(sampleRun(), (run) => {
      const step = { do: "pull", bytes: 12 } as const;
      run.recipe.middle = [step, { ...step, do: "encapsulate", bytes: 0 }];
      run.packet.middle = ["ok"];
    });
    expect(showRun(stopped, shown)).toContain("On its way to the holders\n  pull 12: ok\n  encapsulate: not reached\n");
  });

  test("leaves out what did not happen", () => {
    const calm = showRun(sampleRun(), shown);
    expect(calm).toContain("nothing: every law holds of this run");
    expect(calm).not.toContain("On its way");
    expect(calm).not.toContain("Changed under");
    expect(calm).not.toContain("Faults");
  });
});
