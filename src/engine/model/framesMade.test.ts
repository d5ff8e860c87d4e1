import { describe, expect, test } from "vitest";
import { type MemberRecipe, type PacketRecipe, schema } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { framesMade } from "./framesMade.js";
import { framesOf } from "./groArrival.js";
import { planPacket } from "./packetPlan.js";

const least = leastOf(schema.packet);
type Drawn = Partial<MemberRecipe>;

/** A batch of frames, with the packets that receive offload would make of some of them. */
function batch(members: readonly Drawn[], more: Partial<PacketRecipe> = {}) {
  const plan = planPacket({
    ...least,
    arrival: "gro",
    gso: "udp-l4",
    family: "ipv4",
    head: { ...least.head, payload: 30 },
    members: members.map((one) => ({ ...leastOf(schema.member), payload: 30, ...one })),
    ...more,
  });
  const frames = framesOf(plan);
  const bytesOf = (i: number): Uint8Array => frames[i]?.bytes ?? new Uint8Array();
  /** The first frame's headers, with whatever is inserted, and the payloads of all. */
  const merged = (made: readonly number[], inserted = 0): Uint8Array => {
    const first = frames[made[0] as number];
    if (first === undefined) throw new Error("no first frame");
    const payloads = made.map((i) =>
      bytesOf(i).subarray(frames[i]?.payloadAt, (frames[i]?.payloadAt ?? 0) + (frames[i]?.payload ?? 0)),
    );
    const network = 14;
    const front = [
      ...first.bytes.subarray(0, network),
      ...new Uint8Array(inserted),
      ...first.bytes.subarray(network, first.payloadAt),
    ];
    return Uint8Array.from([...front, ...Buffer.concat(payloads)]);
  };
  const made = (...packets: readonly Uint8Array[]): number[][] => framesMade(packets, frames, plan.payload);
  return { frames, bytesOf, merged, made };
}

describe("a packet", () => {
  test("that is a frame is that one", () => {
    const { bytesOf, made } = batch([{}, {}]);
    expect(made(bytesOf(2), bytesOf(0), bytesOf(1))).toEqual([[2], [0], [1]]);
  });

  test("is made of frames one after the other", () => {
    const { merged, made } = batch([{}, {}, { payload: 7 }]);
    expect(made(merged([0, 1, 2, 3]))).toEqual([[0, 1, 2, 3]]);
    expect(made(merged([0, 1]), merged([2, 3]))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("may leave out a frame in the middle that went its own way", () => {
    const { merged, bytesOf, made } = batch([{ odd: "hop-limit" }, {}]);
    expect(made(bytesOf(1), merged([0, 2]))).toEqual([[1], [0, 2]]);
    expect(made(merged([0, 2]), bytesOf(1))).toEqual([[0, 2], [1]]);
  });

  test("is of one flow, even where another flow's bytes would fit", () => {
    const { merged, made } = batch([{ flow: 1 }, {}, { flow: 1 }]);
    expect(made(merged([0, 2]), merged([1, 3]))).toEqual([
      [0, 2],
      [1, 3],
    ]);
    expect(made(merged([0, 1]))).toEqual([[0]]);
  });

  test("that no frame explains is made of none", () => {
    const { bytesOf, made } = batch([]);
    expect(made(bytesOf(0).subarray(0, 50), new Uint8Array(3))).toEqual([[], []]);
    const other = Uint8Array.from(bytesOf(0)).fill(9, 42, 72);
    expect(made(other)).toEqual([[]]);
  });

  test("does not contain a frame that another one was made of", () => {
    const { merged, bytesOf, made } = batch([{}]);
    expect(made(merged([0, 1]), merged([0, 1]))).toEqual([[0, 1], []]);
    expect(made(bytesOf(0), bytesOf(0))).toEqual([[0], []]);
  });

  test("that is one of two frames alike leaves the other one to the packet that needs it", () => {
    const rare = { seed: 0, family: "ipv6", checksum: "partial", head: { ...least.head, payload: 51 } } as const;
    const { bytesOf, merged, made } = batch(
      Array.from({ length: 64 }, () => ({ payload: 51 })),
      rare,
    );
    expect(bytesOf(64)).toEqual(bytesOf(17));
    const together = Array.from({ length: 64 }, (_, i) => i);
    expect(made(bytesOf(64), merged(together))).toEqual([[64], together]);
  });

  test("with less payload than its frames had is made of those that are whole", () => {
    const { merged, made } = batch([{}, {}]);
    expect(made(merged([0, 1, 2]).subarray(0, -1))).toEqual([[0, 1]]);
  });
});

describe("frames without payload", () => {
  test("are told by their bytes, in the order in which they arrived where those are alike", () => {
    const { bytesOf, made } = batch([{ payload: 0 }, { payload: 0, flow: 1 }], { head: { ...least.head, payload: 0 } });
    expect(made(bytesOf(2), bytesOf(1), bytesOf(0))).toEqual([[2], [1], [0]]);
    const alike = batch([{ payload: 0 }], { family: "ipv6", head: { ...least.head, payload: 0 } });
    expect(alike.bytesOf(1)).toEqual(alike.bytesOf(0));
    expect(alike.made(alike.bytesOf(1), alike.bytesOf(0))).toEqual([[0], [1]]);
  });

  test("are no part of a packet that has payload", () => {
    const { merged, bytesOf, made } = batch([{}, { payload: 0 }, {}], {
      head: { ...least.head, payload: 0 },
      gso: "tcp",
    });
    expect(made(bytesOf(0), merged([1, 3]), bytesOf(2))).toEqual([[0], [1, 3], [2]]);
  });

  test("do not stand in front of a packet that was changed on its way", () => {
    const { merged, made } = batch([{}, {}], { head: { ...least.head, payload: 0 } });
    expect(made(merged([1, 2]))).toEqual([[1, 2]]);
  });
});

describe("other headers", () => {
  test.each(["padding", "vlan", "options"] as const)("a frame with %s is found again", (odd) => {
    const { bytesOf, made } = batch([{ odd }, {}]);
    expect(made(bytesOf(0), bytesOf(1), bytesOf(2))).toEqual([[0], [1], [2]]);
  });

  test.each(["vlan", "options"] as const)("frames with %s are found in what they were merged into", (odd) => {
    const { merged, bytesOf, made } = batch([{ odd }, { odd }]);
    expect(made(merged([1, 2]), bytesOf(0))).toEqual([[1, 2], [0]]);
  });

  test("a jumbo header moves the payload eight bytes on", () => {
    const { merged, made } = batch([{}, {}], { family: "ipv6", gso: "tcp" });
    expect(made(merged([0, 1, 2], 8))).toEqual([[0, 1, 2]]);
    expect(made(merged([0, 1, 2], 4))).toEqual([[]]);
  });
});

test("a single byte that fits by chance does not take a frame away from the packet that it is", () => {
  const members = Array.from(
    { length: 40 },
    (_, i): Drawn => ({ payload: 1, odd: i % 2 === 0 ? "hop-limit" : "nothing" }),
  );
  const { frames, merged, bytesOf, made } = batch(members, { head: { ...least.head, payload: 1 } });
  const together = [...frames.keys()].filter((i) => i === 0 || i % 2 === 0);
  const alone = [...frames.keys()].filter((i) => !together.includes(i));
  const packets = [merged(together), ...alone.map(bytesOf)];
  expect(made(...packets)).toEqual([together, ...alone.map((i) => [i])]);
});
