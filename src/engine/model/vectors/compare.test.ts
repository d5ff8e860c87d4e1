import { describe, expect, test } from "vitest";
import { concat } from "../../../bytes/concat.js";
import { fromHex } from "../../../bytes/hexdump.js";
import type { TapRead } from "../../../net/drivers/tun.js";
import { emitIpv4 } from "../../../wire/ipv4.js";
import { compareWithRecord, type Observed } from "./compare.js";
import type { VectorRecord } from "./record.js";

const vnet = { flags: 0, gsoType: 0, hdrLen: 0, gsoSize: 0, csumStart: 0, csumOffset: 0 };
const TUNNEL_ID = [
  [18, 2],
  [24, 2],
] as [number, number][];

/** An IPv4 packet behind a link header. */
function frame(id: number): Uint8Array {
  const header = new Uint8Array(20);
  const [saddr, daddr] = [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)];
  const options = new Uint8Array();
  emitIpv4(header, 0, { tos: 0, totLen: 20, id, fragOff: 0, ttl: 64, protocol: 17, saddr, daddr, options });
  return concat([new Uint8Array(14), header]);
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function record(frames: readonly Uint8Array[], varies = TUNNEL_ID): VectorRecord {
  return {
    id: "x",
    topology: "vxlan4",
    egress: { B: [] },
    in: [{ vnet, frame: "" }],
    write: ["ok"],
    out: { B: frames.map((one) => ({ vnet, frame: hexOf(one), varies })) },
  };
}

function observed(frames: readonly (Uint8Array | null)[]): Observed {
  const reads = frames.map((one): TapRead | null =>
    one === null ? null : { vnet: { ...vnet, outerThOffset: 0, innerNhOffset: 0 }, frame: one },
  );
  return { writes: ["ok"], frames: new Map([["B", reads]]), sockets: new Map(), queued: new Map() };
}

describe("identifications that the kernel drew", () => {
  test("may be any, if they rise by one where the recorded ones do", () => {
    const wanted = record([frame(0xffff), frame(0), frame(1)]);
    expect(compareWithRecord(wanted, observed([frame(7), frame(8), frame(9)]))).toEqual([]);
    expect(compareWithRecord(wanted, observed([frame(7), frame(8), frame(10)]))).toEqual([
      "port B frame 2: identification: expected a step of 1, got 2",
    ]);
  });

  test("are one and the same in the fragments of a datagram", () => {
    const wanted = record([frame(5), frame(5)], [[18, 2]]);
    const twoIds = observed([frame(7), frame(8)]);
    expect(compareWithRecord(wanted, twoIds)).toContain("port B frame 1: identification: expected a step of 0, got 1");
  });

  test("may jump from one datagram to the next, forwards or backwards", () => {
    const wanted = record([frame(5), frame(900), frame(3)]);
    expect(compareWithRecord(wanted, observed([frame(7), frame(8), frame(9)]))).toEqual([]);
  });

  test("are not compared behind a frame at another place", () => {
    const wanted = record([frame(5), frame(6)]);
    wanted.out["B"]?.splice(0, 1, { vnet, frame: hexOf(frame(7)), varies: null });
    expect(compareWithRecord(wanted, observed([frame(7), frame(70)]))).toEqual([]);
  });

  test("go with a header checksum that is right", () => {
    const wrong = frame(8);
    wrong[24] = (wrong[24] as number) ^ 1;
    expect(compareWithRecord(record([frame(5)]), observed([wrong]))).toEqual([
      "port B frame 0: the header checksum at byte 24 is wrong",
    ]);
  });

  test("a frame too short to hold one differs", () => {
    expect(compareWithRecord(record([frame(5)]), observed([fromHex("0102")]))[0]).toMatch(
      /^port B frame 0: 34 bytes expected, 2 got/,
    );
  });
});

test("a frame that no header can express is named", () => {
  expect(compareWithRecord(record([frame(5), frame(6)]), observed([null, frame(9)]))).toEqual([
    "port B frame 0: cannot be read from a tap",
  ]);
});

test("a device that sent nothing has no lengths", () => {
  const wanted = { ...record([]), queued: { vx0: [122, 82], tapB: [] } };
  expect(compareWithRecord(wanted, observed([]))).toEqual(["queue of vx0: expected lengths 122 82, got none"]);
});

test("offsets of a tunnel are compared, and count as 0 where the header has no room for them", () => {
  const wanted = record([frame(1)], []);
  const [first] = wanted.out["B"] ?? [];
  if (first !== undefined) first.vnet = { ...vnet, innerNhOffset: 64 };
  expect(compareWithRecord(wanted, observed([frame(1)]))).toEqual([
    "port B frame 0: vnet innerNhOffset: expected 64, got 0",
  ]);
});
