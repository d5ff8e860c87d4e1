import { describe, expect, test } from "vitest";
import { NETIF_F_SG } from "../../abi/features.js";
import { type Kernel, mainline, type Unfix, unfixed } from "../../kernel/Kernel.js";
import { kernelFor } from "../../kernel/kernelFor.js";
import type { HolderRecipe, PacketRecipe, Recipe } from "../../recipe/Recipe.js";
import { schema } from "../../recipe/Recipe.js";
import type { Run } from "../../recipe/Run.js";
import { leastOf } from "../../recipe/schema.js";
import { skbHeaderUnclone } from "../../skb/expand.js";
import { modelEngine } from "./modelEngine.js";

const PAYLOAD = 91;
const FRAME = 14 + 40 + 8 + PAYLOAD;

const least = leastOf(schema.packet);
const member = { ...leastOf(schema.member), payload: PAYLOAD };
const packet: PacketRecipe = {
  ...least,
  evenMembers: true,
  head: { ...least.head, payload: PAYLOAD },
  members: [member],
};
const holder = (exit: HolderRecipe["exit"], more: Partial<HolderRecipe> = {}): HolderRecipe => ({
  ...leastOf(schema.holder),
  exit,
  ...more,
});
const local = holder("local");
const port = holder("port");

function recipeOf(holders: readonly HolderRecipe[], more: Partial<Recipe> = {}): Recipe {
  return { ...leastOf(schema.packets), packet, holders, ...more };
}

const notUncloned = kernelFor(undefined, ["fraglist-head-not-uncloned"]);

function kernelBy(name: string, base: Kernel, unfix: Unfix): Kernel {
  return { name, bugs: [], seams: unfixed(base.seams, unfix) };
}

/** What became of a holder, in a few words. */
function outcomeOf(run: Run, index: number): string {
  const fault = run.faults.find((one) => one.holder === index);
  if (fault !== undefined) return `${fault.kind}(${fault.id})`;
  const one = run.holders[index];
  if (one === undefined) return "nobody";
  const call = run.calls.find((each) => each.holder === index);
  const drops = one.sockets.reduce((sum, socket) => sum + socket.drops, 0);
  const datagrams = one.sockets
    .flatMap((socket) => socket.datagrams)
    .map(({ payload }) => payload?.length ?? "unreadable");
  const frames = one.frames.map(({ bytes }) => bytes?.length ?? "unreadable");
  const got = [...datagrams, ...frames].join(" ") || "nothing";
  return `${call === undefined ? "" : `${call.result}${call.errno && ` ${call.errno}`}: `}${got}${drops > 0 ? `, ${drops} drops` : ""}`;
}

/** The outcomes of the first holder, one after the other as the second interrupts it later and later. */
function outcomesOfInterrupted(kernel: Kernel, changed: Partial<PacketRecipe> = {}): string[] {
  const engine = modelEngine(kernel);
  const outcomes: string[] = [];
  for (let touch = 1; ; touch++) {
    const run = engine.run(
      recipeOf([local, port], { packet: { ...packet, ...changed }, switches: [{ holder: 0, touch, to: 1 }] }),
    );
    if (run.holders[0]?.interrupted !== true) return outcomes;
    const outcome = outcomeOf(run, 0);
    if (outcomes.at(-1) !== outcome) outcomes.push(outcome);
  }
}

describe("(a) sequential, no un-clone", () => {
  const run = modelEngine(notUncloned).run(recipeOf([local, port, holder("tap")]));
  const [x, y, z] = run.holders;

  test("X's own datagrams are right", () => {
    expect(outcomeOf(run, 0)).toBe("list: 91 91");
    expect(x?.sockets[0]?.datagrams.map(({ payload }) => payload)).toEqual(run.packet.datagrams);
  });

  test("the stores to the shared info are seen in order: frag_list, gso_size, gso_segs, gso_type", () => {
    const stores = run.memory.filter(({ kind, object }) => kind === "shared-write" && object.startsWith("shinfo"));
    expect(stores.map(({ field, before, after }) => [field, before !== 0, after])).toEqual([
      ["frag_list", true, 0],
      ["gso_size", true, 0],
      ["gso_segs", true, 0],
      ["gso_type", true, 0],
    ]);
    expect(stores.map(({ site }) => site[0])).toEqual(Array(4).fill("skb_segment_list"));
  });

  test("Y has lost its payload, data_len still aggregate, and is not GSO any more", () => {
    const seen = y?.entered;
    expect(seen?.dataLen).toBe(PAYLOAD);
    expect(seen?.shinfo).toMatchObject({ gsoSize: 0, gsoType: 0, frags: [], members: [] });
    expect(seen?.bytes).toBeUndefined();
    expect(z?.kept?.bytes).toBeUndefined();
  });

  test("transmit: the oversize frame is sent unsegmented, longer than its data", () => {
    expect(run.calls.filter(({ holder: by }) => by === 1)).toEqual([]);
    expect(y?.frames.map(({ view }) => view.len)).toEqual([FRAME + PAYLOAD]);
    expect(y?.frames[0]?.bytes).toBeUndefined();
  });

  test("local: udp_unexpected_gso is false and Y is queued as one datagram of 8 + g + sum", () => {
    const second = { ...local, sockets: [leastOf(schema.socket)] };
    const queued = modelEngine(notUncloned).run(recipeOf([holder("inspect"), second]));
    const datagrams = queued.holders[1]?.sockets[0]?.datagrams;
    expect(datagrams).toHaveLength(1);
    // The length field of the shared header was undone by X, so that the trim leaves the first datagram alone.
    expect(datagrams?.[0]?.view.len).toBe(PAYLOAD);
    expect(
      modelEngine(mainline).run(recipeOf([holder("inspect"), second])).holders[1]?.sockets[0]?.datagrams,
    ).toHaveLength(2);
  });

  test("any pull across the linear end is BUG(pull-tail-copy)", () => {
    const pulls = holder("tap", { before: [{ do: "linearize", bytes: 0 }] });
    const pulled = modelEngine(notUncloned).run(recipeOf([port, pulls], { turns: [0] }));
    expect(outcomeOf(pulled, 1)).toBe("BUG(pull-tail-copy)");
  });

  test("skb_checksum runs out of bytes: BUG(csum-short)", () => {
    const partial = recipeOf([local, port], { packet: { ...packet, checksum: "partial" } });
    expect(outcomeOf(modelEngine(notUncloned).run(partial), 1)).toBe("BUG(csum-short)");
  });

  test("reading beyond the linear part fails, so that the reader gets less than the length says", () => {
    const inspects = modelEngine(notUncloned).run(recipeOf([port, holder("inspect")]));
    expect(inspects.holders[1]?.frames.map(({ bytes }) => bytes)).toEqual([undefined]);
  });
});

describe("(b) interleaved, no un-clone", () => {
  // Y is interrupted by the whole of X later and later: each outcome stands for the reads that Y had done by then.
  const expected = {
    beforeTheGsoTest: "unreadable",
    isGsoOnly: "error EINVAL: nothing",
    stall: "STALL(zero-mss)",
    listSecond: "NULLDEREF(list-second)",
    pull: "BUG(pull)",
    late: "list: 91 91",
  };
  const seen = outcomesOfInterrupted(notUncloned);

  test("the whole table, in the order in which Y comes along", () => {
    expect(seen).toEqual([
      expected.beforeTheGsoTest,
      expected.isGsoOnly,
      // Between the two reads of gso_type in udp6_ufo_fragment: taken for a datagram to be cut into IP fragments.
      "BUG(csum-short)",
      // Past the UDP_L4 test: csum_start was never set for a list, and the type no longer excuses that.
      expected.isGsoOnly,
      // The size was read before and the type after: nothing to do, and so dropped with the segments once counted.
      "whole: nothing, 2 drops",
      expected.stall,
      // Past the FRAGLIST test, before the geometry: declined, and then nothing to linearise.
      "BUG(pull-tail-copy)",
      expected.listSecond,
      expected.pull,
      expected.late,
    ]);
  });

  test('the "is GSO" test only: -EINVAL, dropped', () => {
    expect(seen.indexOf(expected.isGsoOnly)).toBe(1);
  });

  test("UDP_L4 test of 6.4, csum_start happens to match: DIVZERO", () => {
    const matching = outcomesOfInterrupted(notUncloned, { checksum: "partial" });
    expect(matching).toContain("DIVZERO(udp-gso-segs)");
    expect(matching.filter((one) => one === "error EINVAL: nothing")).toHaveLength(1);
    expect(seen).not.toContain("DIVZERO(udp-gso-segs)");
  });

  test("UDP_L4 test of 6.4, code that has neither step 2 nor step 4: STALL(zero-mss)", () => {
    const neither = kernelBy("neither step 2 nor step 4", notUncloned, {
      udpOffload: { checkCsumStart: () => () => 0, leavesToDevice: () => () => false },
    });
    expect(outcomesOfInterrupted(neither)).toEqual([
      "unreadable",
      "error EINVAL: nothing",
      "BUG(csum-short)",
      "STALL(zero-mss)",
      "BUG(pull-tail-copy)",
      "NULLDEREF(list-second)",
      "BUG(pull)",
      "list: 91 91",
    ]);
  });

  test("skb_gso_ok = false: STALL(zero-mss), reported in skb_segment below udpv6_queue_rcv_skb", () => {
    const runs = interruptedRuns(notUncloned);
    const stalled = runs.flatMap(({ faults }) => faults).find(({ kind }) => kind === "STALL");
    expect(stalled?.site.slice(0, 6)).toEqual([
      "skb_segment",
      "__udp_gso_segment",
      "udp6_ufo_fragment",
      "ipv6_gso_segment",
      "skb_mac_gso_segment",
      "__skb_gso_segment",
    ]);
    expect(stalled?.values).toMatchObject({ gsoSize: 0 });
  });

  test("FRAGLIST test true: L1 reads a NULL list, NULLDEREF(list-second)", () => {
    const fault = interruptedRuns(notUncloned)
      .flatMap(({ faults }) => faults)
      .find(({ id }) => id === "list-second");
    expect(fault).toMatchObject({ kind: "NULLDEREF", holder: 0 });
    expect(fault?.site[0]).toBe("__udp_gso_segment_list");
  });

  test("L1: Y walks the same members again, (c)", () => {
    const fault = interruptedRuns(notUncloned)
      .flatMap(({ faults }) => faults)
      .find(({ id }) => id === "pull");
    expect(fault?.values).toEqual({ len: 91, headlen: 153, dataLen: 0xffff_ffc2, pull: 54, gsoSize: 0 });
  });

  test("mainline comes through every one of these switches", () => {
    expect(outcomesOfInterrupted(mainline)).toEqual(["list: 91 91"]);
    expect(interruptedRuns(mainline).flatMap(({ memory }) => memory)).toEqual([]);
  });

  test("v6.4 comes to the STALL(zero-mss) and to the BUG(pull) of the report", () => {
    const seenOnV64 = outcomesOfInterrupted(kernelFor("v6.4", []));
    expect(seenOnV64).toEqual(expect.arrayContaining(["STALL(zero-mss)", "NULLDEREF(list-second)", "BUG(pull)"]));
    const pull = interruptedRuns(kernelFor("v6.4", []))
      .flatMap(({ faults }) => faults)
      .find(({ id }) => id === "pull");
    expect(pull?.values).toEqual({ len: 91, headlen: 153, dataLen: 0xffff_ffc2, pull: 54, gsoSize: 0 });
  });
});

function interruptedRuns(kernel: Kernel): Run[] {
  const engine = modelEngine(kernel);
  const runs: Run[] = [];
  for (let touch = 1; ; touch++) {
    const run = engine.run(recipeOf([local, port], { switches: [{ holder: 0, touch, to: 1 }] }));
    if (run.holders[0]?.interrupted !== true) return runs;
    runs.push(run);
  }
}

describe("(d) V.headUnclone = header-after-detach", () => {
  const afterDetach: Unfix = {
    skbSegmentList: {
      makeHeadWritable: () => (skb) => {
        skb.shinfo.fragList = null;
        return skbHeaderUnclone(skb);
      },
    },
  };
  const kernel = kernelBy("header-after-detach", mainline, afterDetach);

  test("Y: gso fields intact, frag_list NULL, data_len above 0", () => {
    const run = modelEngine(kernel).run(recipeOf([local, holder("tap")]));
    expect(outcomeOf(run, 0)).toBe("list: 91 91");
    const kept = run.holders[1]?.kept;
    expect(kept).toMatchObject({ dataLen: PAYLOAD, bytes: undefined });
    expect(kept?.shinfo).toMatchObject({ gsoSize: PAYLOAD, gsoSegs: 2, members: [] });
  });

  test("Y selects the list path: empty loop, then NULLDEREF(list-second)", () => {
    const run = modelEngine(kernel).run(recipeOf([port, local]));
    expect(outcomeOf(run, 0)).toBe("list: 153 153");
    expect(outcomeOf(run, 1)).toBe("NULLDEREF(list-second)");
  });

  test("with the list path declined: linearise, BUG(pull-tail-copy)", () => {
    const declining = kernelBy("declining", kernel, {
      udpOffload: { mayTakeListPath: (right) => (skb) => skb.shinfo.fragList !== null && right(skb) },
    });
    expect(outcomeOf(modelEngine(declining).run(recipeOf([port, local])), 1)).toBe("BUG(pull-tail-copy)");
  });
});

describe("(f) current trees", () => {
  const run = modelEngine(mainline).run(recipeOf([local, port, holder("tap")]));

  test("no store of X hits shared memory", () => {
    expect(run.memory).toEqual([]);
    expect(run.faults).toEqual([]);
    expect(run.accounts.miscounted).toEqual([]);
  });

  test("S is untouched except that dataref went down", () => {
    const { view } = run.packet;
    const kept = run.holders[2]?.kept;
    expect(kept?.shinfo).toMatchObject({ gsoSize: PAYLOAD, gsoSegs: 2, gsoType: view?.shinfo.gsoType });
    expect(kept?.shinfo.serial).toBe(view?.shinfo.serial);
    expect((kept?.shinfo.dataref ?? 0) & 0xffff).toBe(1);
    expect(kept?.shinfo.members.map(({ serial, users }) => [serial, users])).toEqual(
      view?.shinfo.members.map(({ serial }) => [serial, 1]),
    );
  });

  test("X and Y give the same datagrams", () => {
    expect(run.holders[0]?.sockets[0]?.datagrams.map(({ payload }) => payload)).toEqual(run.packet.datagrams);
    expect(run.holders[1]?.frames.map(({ bytes }) => bytes?.slice(62))).toEqual(run.packet.datagrams);
    expect(run.calls.map(({ features }) => (features & NETIF_F_SG) !== 0)).toEqual([true, false]);
  });
});
