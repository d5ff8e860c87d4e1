import { describe, expect, test } from "vitest";
import { type Kernel, mainline } from "../../kernel/Kernel.js";
import { KernelFault } from "../../memory/fault.js";
import { type MiddleRecipe, type PacketRecipe, type Recipe, schema } from "../../recipe/Recipe.js";
import type { Run } from "../../recipe/Run.js";
import { leastOf } from "../../recipe/schema.js";
import { modelEngine } from "./modelEngine.js";
import { lastOf, readFrame } from "./testing/readFrame.js";

const least = leastOf(schema.packet);
const member = { ...leastOf(schema.member), payload: 100 };
const step = (what: MiddleRecipe["do"]): MiddleRecipe => ({ do: what, bytes: 0 });

function ran(packet: Partial<PacketRecipe>, middle: readonly MiddleRecipe[] = [], kernel: Kernel = mainline): Run {
  const recipe: Recipe = {
    ...leastOf(schema.packets),
    packet: { ...least, gso: "tcp", head: { ...least.head, payload: 100 }, ...packet },
    middle,
    holders: [leastOf(schema.holder), { ...leastOf(schema.holder), exit: "tap" }],
  };
  return modelEngine(kernel).run(recipe);
}

/** A kernel in which looking at a frame, or marking a translated packet, comes to this. */
function ending(error: Error): Kernel {
  const stop = (): never => {
    throw error;
  };
  const { gro, filter } = mainline.seams;
  const seams = {
    ...mainline.seams,
    gro: { ...gro, isTrustedGso: stop, etherProto: stop },
    filter: { ...filter, markTranslated: stop },
  };
  return { ...mainline, seams };
}

describe("a fault on the way", () => {
  const fault = ending(new KernelFault("BUG", "on-the-way", { len: 5 }));
  const AGGREGATE = { gsoSize: 10, checksum: "partial" } as const;
  const kinds = (run: Run) => run.faults.map(({ kind, id, holder, values }) => [kind, id, holder, values]);

  test("through a middlebox is nobody's who holds the packet, and leaves none", () => {
    const steps = [step("clone"), step("unclone"), step("translate"), step("pull")];
    const run = ran(
      { ...AGGREGATE, owner: "sender", head: { ...least.head, payload: 100, state: true } },
      steps,
      fault,
    );
    expect(kinds(run)).toEqual([["BUG", "on-the-way", -1, { len: 5 }]]);
    expect(run.packet).toMatchObject({ view: undefined, middle: ["ok", "ok"], gro: undefined, errno: "" });
    expect(run.packet.frame).toHaveLength(0);
    expect(run.holders.map(({ outcome, frames }) => [outcome, frames.length])).toEqual([
      ["unborn", 0],
      ["unborn", 0],
    ]);
  });

  test("says nothing of leaks: that kernel is dead", () => {
    const run = ran(AGGREGATE, [step("translate")], fault);
    expect([run.memory, run.accounts.miscounted, run.accounts.quiescent]).toEqual([[], [], []]);
  });

  test("in receive offload leaves no batch to look at", () => {
    const run = ran(
      { arrival: "tap-frags", members: [member], head: { ...least.head, payload: 100 } },
      [step("pull")],
      fault,
    );
    // The EtherType is looked for by whoever takes fragments.
    expect(kinds(run)).toEqual([["BUG", "on-the-way", -1, { len: 5 }]]);
    expect(run.packet).toMatchObject({ arrival: "refused", gro: undefined, middle: [], originals: [] });
    expect(run.packet.datagrams.map(({ length }) => length)).toEqual([100, 100]);
  });

  test("that is no kernel's is not caught", () => {
    expect(() => ran(AGGREGATE, [step("translate")], ending(new RangeError("ours")))).toThrow("ours");
  });
});

describe("a packet on its way", () => {
  test("that was laid out is described as planned", () => {
    const { packet } = ran({ vlan: [{ tpid: "802.1Q", tci: 1 }] });
    expect([packet.arrival, packet.macLen, packet.transportOffset, packet.middle]).toEqual(["stack", 18, 58, []]);
    expect(packet.datagrams.map(({ length }) => length)).toEqual([100]);
  });

  test("that was dealt with is described as it is then", () => {
    const { packet } = ran({ gsoSize: 10, family: "ipv4" }, [step("encapsulate"), step("encapsulate")]);
    expect([packet.macLen, packet.transportOffset, packet.middle]).toEqual([14, 54, ["ok", "not applicable"]]);
    const plain = ran({ family: "ipv4", checksum: "none" }, [step("encapsulate"), step("encapsulate")]);
    expect([plain.packet.transportOffset, plain.packet.middle]).toEqual([74, ["ok", "ok"]]);
    expect(lastOf(readFrame(plain.packet.frame), "tcp").at).toBe(74);
  });

  test("that receive offload made is made of the frames that are in it", () => {
    const members = [
      { ...member, flow: 1 },
      { ...member, payload: 60 },
    ];
    const { packet } = ran({ arrival: "gro", members, vlan: [{ tpid: "802.1Q", tci: 1 }] });
    expect([packet.arrival, packet.errno, packet.macLen, packet.transportOffset]).toEqual(["accepted", "", 14, 54]);
    expect(packet.datagrams.map(({ length }) => length)).toEqual([100, 60]);
    expect(packet.originals).toEqual([packet.gro?.frames[0]?.bytes, packet.gro?.frames[2]?.bytes]);
    expect(packet.view?.shinfo).toMatchObject({ gsoSize: 100, gsoSegs: 2 });
  });

  test("that is labelled is described up to what follows the labels", () => {
    const { packet } = ran({ arrival: "gro", tunnels: [{ ...leastOf(schema.tunnel), kind: "mpls" }] });
    expect([packet.macLen, packet.transportOffset]).toEqual([14, 14 + 4 + 40]);
  });

  test("that was refused has no middle, and its holders nothing to do", () => {
    const tap = { gso: "udp-l4", checksum: "none", arrival: "tap", gsoSize: 10 } as const;
    const { packet, holders, faults, memory } = ran(tap, [step("pull")]);
    expect([packet.arrival, packet.errno, packet.middle, faults, memory]).toEqual(["refused", "EINVAL", [], [], []]);
    expect(holders.map(({ outcome }) => outcome)).toEqual(["unborn", "unborn"]);
  });

  test("whose first frame a tap refused is refused, whatever became of the others", () => {
    const head = { ...least.head, payload: 5000, paged: 5000 };
    const { packet, memory } = ran({ arrival: "tap-frags", head, members: [member] }, [step("pull")]);
    expect([packet.arrival, packet.errno, packet.middle, memory]).toEqual(["refused", "EINVAL", [], []]);
    expect([packet.gro?.followed, packet.gro?.delivered.length, packet.datagrams, packet.originals]).toEqual([
      -1,
      1,
      [],
      [],
    ]);
  });
});
