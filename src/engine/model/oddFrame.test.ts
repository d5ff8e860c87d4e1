import { describe, expect, test } from "vitest";
import { type PacketRecipe, schema, type TunnelRecipe } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { parseFrame, sctpChecksumState } from "../../wire/frame.js";
import { encloseAgain, originalFrame } from "./headers.js";
import { type FrameLayout, makeOdd, moveToFlow, type Oddity } from "./oddFrame.js";
import { type Piece, planPacket } from "./packetPlan.js";
import { lastOf, namesIn, type ReadFrame, readFrame, u16, u32 } from "./testing/readFrame.js";

const least = leastOf(schema.packet);
const member = { ...leastOf(schema.member), payload: 40 };
const KINDS = { udp: "udp-l4", tcp: "tcp", sctp: "sctp" } as const;

/** The second of two frames that arrive one by one, and all that makeOdd wants to know of it. */
function frameOf(transport: keyof typeof KINDS, more: Partial<PacketRecipe> = {}) {
  const recipe = {
    ...least,
    arrival: "gro",
    gso: KINDS[transport],
    checksum: "none",
    members: [member],
    ipId: 70,
  } as const;
  const plan = planPacket({ ...recipe, head: { ...least.head, payload: 40 }, ...more });
  const piece = plan.pieces[1] as Piece;
  const layout: FrameLayout = {
    isIpv6: plan.isIpv6,
    network: plan.networkOffset,
    transport: plan.transportOffset,
    proto: plan.transport.proto,
    isPartial: plan.recipe.checksum === "partial",
    ...(plan.tunnels.length > 0 && { enclose: (frame: Uint8Array) => encloseAgain(plan, piece, frame) }),
  };
  return { frame: originalFrame(plan, piece), first: originalFrame(plan, plan.pieces[0] as Piece), layout };
}

function odd(what: Oddity, transport: keyof typeof KINDS, more: Partial<PacketRecipe> = {}) {
  const { frame, first, layout } = frameOf(transport, more);
  const before = Uint8Array.from(frame);
  return { before, after: makeOdd(frame, what, layout, first), layout };
}

/** Where two frames of the same length differ, checksum fields aside. */
function changed(before: Uint8Array, after: Uint8Array, read: ReadFrame): number[] {
  const skipped = new Set<number>();
  for (const { name, at } of read.headers) {
    const field = { ipv4: 10, udp: 6, tcp: 16, gre: 4 }[name];
    if (field !== undefined) skipped.add(at + field).add(at + field + 1);
    if (name === "sctp") for (let i = 8; i < 12; i++) skipped.add(at + i);
  }
  expect(after.length).toBe(before.length);
  return [...before.keys()].filter((i) => before[i] !== after[i] && !skipped.has(i));
}

/** Reads the frame and expects every length and checksum to be right. */
function sound(frame: Uint8Array): ReadFrame {
  const read = readFrame(frame);
  expect(read.wrong).toEqual([]);
  for (const { name, sum } of read.headers) if (sum !== undefined) expect([name, sum]).toEqual([name, "ok"]);
  return read;
}

const crcOf = (frame: Uint8Array): string => {
  const parsed = parseFrame(frame);
  return parsed === undefined ? "unreadable" : sctpChecksumState(frame, parsed);
};

const NETWORK = 14;
const IPV4_TRANSPORT = 34;
const IPV6_TRANSPORT = 54;

describe("a header field", () => {
  test.each<[Oddity, "ipv4" | "ipv6", "udp" | "tcp", readonly number[]]>([
    ["hop-limit", "ipv4", "udp", [NETWORK + 8]],
    ["hop-limit", "ipv6", "tcp", [NETWORK + 7]],
    ["traffic-class", "ipv4", "tcp", [NETWORK + 1]],
    ["traffic-class", "ipv6", "udp", [NETWORK + 1]],
    ["dont-fragment", "ipv4", "udp", [NETWORK + 6]],
    ["fragment", "ipv4", "tcp", [NETWORK + 6]],
    ["id-repeats", "ipv4", "udp", [NETWORK + 5]],
    ["id-jumps", "ipv4", "tcp", [NETWORK + 5]],
    ["ack", "ipv4", "tcp", [IPV4_TRANSPORT + 11]],
    ["window", "ipv6", "tcp", [IPV6_TRANSPORT + 15]],
    ["sequence-gap", "ipv6", "tcp", [IPV6_TRANSPORT + 7]],
    ["flags-push", "ipv4", "tcp", [IPV4_TRANSPORT + 13]],
    ["flags-fin", "ipv6", "tcp", [IPV6_TRANSPORT + 13]],
    ["flags-cwr", "ipv4", "tcp", [IPV4_TRANSPORT + 13]],
    ["flags-urgent", "ipv6", "tcp", [IPV6_TRANSPORT + 13]],
    ["mac", "ipv4", "udp", [11]],
  ])("%s over %s and %s: that one alone, with checksums that fit", (what, family, transport, where) => {
    const { before, after } = odd(what, transport, { family });
    expect(changed(before, after, sound(after))).toEqual(where);
  });

  test.each<[Oddity, "ipv4" | "ipv6", keyof typeof KINDS]>([
    ["nothing", "ipv4", "udp"],
    ["checksum-state", "ipv6", "tcp"],
    ["dont-fragment", "ipv6", "udp"],
    ["fragment", "ipv6", "tcp"],
    ["id-repeats", "ipv6", "udp"],
    ["id-jumps", "ipv6", "udp"],
    ["options", "ipv6", "udp"],
    ["ack", "ipv4", "udp"],
    ["window", "ipv4", "udp"],
    ["sequence-gap", "ipv6", "udp"],
    ["flags-fin", "ipv4", "sctp"],
    ["bad-checksum", "ipv4", "sctp"],
  ])("%s over %s and %s: nothing, as there is none", (what, family, transport) => {
    const { before, after } = odd(what, transport, { family });
    expect(after).toEqual(before);
  });

  test("identifications repeat that of the first frame, or jump ahead of what is due", () => {
    const id = (what: Oddity) => u16(odd(what, "udp", { family: "ipv4" }).after, NETWORK + 4);
    expect([id("nothing"), id("id-repeats"), id("id-jumps")]).toEqual([71, 70, 76]);
  });

  test("values wrap around", () => {
    const ttl = odd("hop-limit", "udp", { family: "ipv4", hopLimit: 255 });
    expect([ttl.after[NETWORK + 8], sound(ttl.after).wrong]).toEqual([0, []]);
    const tcp = { ...least.tcp, seq: 0xffffffff - 40 };
    expect(u32(odd("sequence-gap", "tcp", { tcp }).after, IPV6_TRANSPORT + 4)).toBe(4);
  });

  test("of SCTP over IPv4 leaves the CRC alone, which does not cover it", () => {
    const { before, after } = odd("hop-limit", "sctp", { family: "ipv4" });
    expect(changed(before, after, sound(after))).toEqual([NETWORK + 8]);
    expect(crcOf(after)).toBe("ok");
  });
});

describe("a checksum", () => {
  test.each(["ipv4", "ipv6"] as const)("is wrong over %s, and nothing else is", (family) => {
    for (const transport of ["udp", "tcp"] as const) {
      const { before, after } = odd("bad-checksum", transport, { family });
      const read = readFrame(after);
      expect([lastOf(read, transport).sum, read.wrong, changed(before, after, read)]).toEqual(["other", [], []]);
    }
  });

  test("is 0, which says of a datagram that it has none", () => {
    expect(lastOf(readFrame(odd("zero-checksum", "udp").after), "udp").sum).toBe("zero");
    expect(lastOf(readFrame(odd("zero-checksum", "tcp").after), "tcp").sum).toBe("other");
  });

  test("that is wrong never says that there is none", () => {
    const { frame, first, layout } = frameOf("udp");
    frame.set([0x12, 0x34], IPV6_TRANSPORT + 6);
    expect(u16(makeOdd(frame, "bad-checksum", layout, first), IPV6_TRANSPORT + 6)).toBe(0x4321);
  });

  test("that a datagram does not have, it does not get with a change", () => {
    const { after } = odd("traffic-class", "udp", { family: "ipv4", zeroChecksum: true });
    expect([lastOf(readFrame(after), "udp").sum, readFrame(after).wrong]).toEqual(["zero", []]);
  });

  test.each(["udp", "tcp"] as const)("of %s that is left for later stays the sum of the pseudo header", (transport) => {
    const { after } = odd("hop-limit", transport, { checksum: "partial" });
    expect(lastOf(readFrame(after), transport).sum).toBe("pseudo");
  });
});

describe("more bytes", () => {
  test("padding behind the packet is counted by no length field", () => {
    const { before, after } = odd("padding", "udp", { family: "ipv4" });
    expect(after).toEqual(Uint8Array.from([...before, 0, 0, 0, 0, 0, 0]));
  });

  test("a tag in the frame", () => {
    const { before, after } = odd("vlan", "tcp", { family: "ipv4" });
    expect(namesIn(sound(after))).toBe("eth vlan ipv4 tcp");
    expect(Uint8Array.from([...after.subarray(0, 12), ...after.subarray(16)])).toEqual(before);
  });

  test("a tag in front of the one that is there", () => {
    const { after } = odd("vlan", "udp", { vlan: [{ tpid: "802.1ad", tci: 5 }] });
    expect([u16(after, 12), u16(after, 16), namesIn(sound(after))]).toEqual([0x8100, 0x88a8, "eth vlan vlan ipv6 udp"]);
  });

  test("a word of options, behind those that are there", () => {
    for (const optionWords of [0, 2]) {
      const { before, after } = odd("options", "udp", { family: "ipv4", optionWords });
      expect([sound(after).wrong, after.length, after[NETWORK]]).toEqual([[], before.length + 4, 0x46 + optionWords]);
      expect(after.subarray(IPV4_TRANSPORT + 4 * optionWords + 4 + 8)).toEqual(
        before.subarray(IPV4_TRANSPORT + 4 * optionWords + 8),
      );
    }
  });

  test("no options where a header is as long as can be", () => {
    const { before, after } = odd("options", "udp", { family: "ipv4", optionWords: 10 });
    expect(after).toEqual(before);
  });
});

describe("inside tunnels", () => {
  const tunnel = (kind: TunnelRecipe["kind"], family: "ipv4" | "ipv6") => [
    { kind, family, checksum: true, remcsum: false },
  ];

  test.each(["vxlan", "gre", "gre-ip", "ip"] as const)("outer checksums of %s follow the change inside", (kind) => {
    for (const family of ["ipv4", "ipv6"] as const) {
      const { before, after, layout } = odd("hop-limit", "tcp", { family, tunnels: tunnel(kind, "ipv4") });
      expect(changed(before, after, sound(after))).toEqual([layout.network + (family === "ipv4" ? 8 : 7)]);
    }
  });

  test("a checksum that is wrong inside is the only one", () => {
    const { after } = odd("bad-checksum", "tcp", { tunnels: tunnel("vxlan", "ipv6") });
    expect(readFrame(after).headers.map(({ name, sum }) => `${name} ${sum}`)).toEqual([
      "eth undefined",
      "ipv6 undefined",
      "udp ok",
      "vxlan undefined",
      "eth undefined",
      "ipv6 undefined",
      "tcp other",
    ]);
  });

  test("there is no room for options", () => {
    const { before, after } = odd("options", "udp", { family: "ipv4", tunnels: tunnel("gre", "ipv4") });
    expect(after).toEqual(before);
  });

  test("a flow of its own has a port of its own, and sums that fit", () => {
    const { frame, layout } = frameOf("udp", { tunnels: tunnel("vxlan", "ipv4") });
    const before = Uint8Array.from(frame);
    moveToFlow(frame, 2, layout);
    expect(changed(before, frame, sound(frame))).toEqual([layout.transport + 1]);
  });
});

describe("a flow of its own", () => {
  test.each(["udp", "tcp", "sctp"] as const)("is a source port of its own: %s", (transport) => {
    const { frame, layout } = frameOf(transport, { family: "ipv4" });
    const before = Uint8Array.from(frame);
    moveToFlow(frame, 0, layout);
    expect(frame).toEqual(before);
    moveToFlow(frame, 1, layout);
    expect([changed(before, frame, sound(frame)), u16(frame, IPV4_TRANSPORT)]).toEqual([[IPV4_TRANSPORT + 1], 1001]);
    if (transport === "sctp") expect(crcOf(frame)).toBe("ok");
  });

  test("leaves the CRC of SCTP to whoever it was left to", () => {
    const { frame, layout } = frameOf("sctp", { checksum: "none" });
    frame.fill(0, IPV6_TRANSPORT + 8, IPV6_TRANSPORT + 12);
    moveToFlow(frame, 1, { ...layout, isPartial: true });
    expect(u32(frame, IPV6_TRANSPORT + 8)).toBe(0);
  });
});
