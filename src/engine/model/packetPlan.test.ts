import { describe, expect, test } from "vitest";
import { type PacketRecipe, schema, type TunnelRecipe } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { datagramsOf, type PacketPlan, planPacket } from "./packetPlan.js";

const least = leastOf(schema.packet);
const head = (payload: number, more: Partial<PacketRecipe["head"]> = {}) => ({ ...least.head, payload, ...more });
const members = (...payloads: readonly number[]) => payloads.map((payload) => ({ ...leastOf(schema.member), payload }));
const tunnel = (kind: TunnelRecipe["kind"], more: Partial<TunnelRecipe> = {}): TunnelRecipe => ({
  ...leastOf(schema.tunnel),
  kind,
  family: "ipv6",
  ...more,
});
const plan = (more: Partial<PacketRecipe>): PacketPlan => planPacket({ ...least, ...more });
const lengths = ({ pieces }: PacketPlan): number[] => pieces.map(({ payload }) => payload);
const gso = ({ gsoSize, gsoSegs }: PacketPlan): number[] => [gsoSize, gsoSegs];
const cut = (one: PacketPlan): number[] => datagramsOf(one).map(({ length }) => length);

describe("where headers stand", () => {
  const offsets = ({ macLen, networkOffset, transportOffset, headerLen }: PacketPlan): number[] => [
    macLen,
    networkOffset,
    transportOffset,
    headerLen,
  ];

  test("without tunnels", () => {
    expect(
      offsets(plan({ family: "ipv4", gso: "tcp", optionWords: 2, tcp: { ...least.tcp, optionWords: 3 } })),
    ).toEqual([14, 14, 42, 74]);
    expect(offsets(plan({ gso: "sctp" }))).toEqual([14, 14, 54, 66]);
  });

  test("in VXLAN over IPv6 with a checksum, and IPv4 in IPv4 inside", () => {
    const tunnels = [tunnel("vxlan"), tunnel("ip", { family: "ipv4" })];
    const one = plan({ gso: "udp-l4", family: "ipv4", tunnels });
    expect(one.tunnels).toMatchObject([
      { at: 14, transportAt: 54, innerMac: 70, inner: 84 },
      { at: 84, transportAt: 104, innerMac: 104, inner: 104 },
    ]);
    expect(offsets(one)).toEqual([14, 104, 124, 132]);
  });

  test("in GRE with and without a checksum, for frames and for packets", () => {
    const of = (kind: "gre" | "gre-ip", checksum: boolean) =>
      plan({ tunnels: [tunnel(kind, { checksum })] }).tunnels[0];
    expect(of("gre", false)).toMatchObject({ transportAt: 54, innerMac: 58, inner: 72 });
    expect(of("gre", true)).toMatchObject({ transportAt: 54, innerMac: 62, inner: 76 });
    expect(of("gre-ip", true)).toMatchObject({ transportAt: 54, innerMac: 62, inner: 62 });
  });

  test("behind labels, which are one stack, and service headers", () => {
    const one = plan({ tunnels: [tunnel("nsh"), tunnel("mpls"), tunnel("mpls")] });
    expect(one.tunnels).toMatchObject([
      { kind: "nsh", at: 14, innerMac: 22, inner: 36 },
      { kind: "mpls", at: 36, labels: 2, inner: 44 },
    ]);
    expect(one.networkOffset).toBe(44);
  });
});

describe("TCP", () => {
  test("no longer than one segment is no GSO packet", () => {
    expect(gso(plan({ gso: "tcp", head: head(100), gsoSize: 100 }))).toEqual([0, 0]);
    expect(gso(plan({ gso: "tcp", head: head(101), gsoSize: 100 }))).toEqual([100, 2]);
    expect(cut(plan({ gso: "tcp", head: head(250), gsoSize: 100 }))).toEqual([100, 100, 50]);
  });

  test("marked as changed keeps what it says, and has no count", () => {
    expect(gso(plan({ gso: "tcp", head: head(100), gsoSize: 100, dodgy: true }))).toEqual([100, 0]);
  });

  test("has a gso_size of up to one below GSO_BY_FRAGS", () => {
    const one = plan({ gso: "tcp", family: "ipv4", head: head(70_000), gsoSize: 0xffff });
    expect(gso(one)).toEqual([0xfffe, 2]);
  });

  test("is classic with members: whole segments but the last, nothing linear beyond one", () => {
    const one = plan({ gso: "tcp", head: head(150), members: members(120, 30), gsoSize: 100 });
    expect(lengths(one)).toEqual([200, 200, 30]);
    expect(one.pieces.map(({ linear }) => linear)).toEqual([100, 100, 30]);
    expect(gso(one)).toEqual([100, 5]);
  });

  test("from a tap has segments of at least eight bytes, where kernels differ", () => {
    expect(plan({ gso: "tcp", arrival: "tap", head: head(20), gsoSize: 3 }).gsoSize).toBe(8);
    expect(plan({ gso: "tcp", head: head(20), gsoSize: 3 }).gsoSize).toBe(3);
  });

  test("has one identification where the second packet repeated the first one's, with DF", () => {
    const repeats = members(100).map((one) => ({ ...one, odd: "id-repeats" as const }));
    const drawn = { gso: "tcp", family: "ipv4", head: head(100), members: repeats, dontFragment: true } as const;
    expect(plan(drawn).fixedId).toBe(true);
    expect(plan({ ...drawn, dontFragment: false }).fixedId).toBe(false);
    expect(plan({ ...drawn, family: "ipv6" }).fixedId).toBe(false);
    expect(plan({ ...drawn, members: members(100) }).fixedId).toBe(false);
  });
});

describe("BIG TCP", () => {
  const big = { gso: "tcp", head: head(70_000), gsoSize: 1448 } as const;

  test("has a jumbo header over IPv6 and none over IPv4", () => {
    const ipv6 = plan(big);
    expect([ipv6.payload.length, ipv6.jumboLen, ipv6.transportOffset]).toEqual([70_000, 8, 62]);
    const ipv4 = plan({ ...big, family: "ipv4" });
    expect([ipv4.payload.length, ipv4.jumboLen, ipv4.transportOffset]).toEqual([70_000, 0, 34]);
  });

  test("grows with members up to the limit of devices", () => {
    const one = plan({ ...big, family: "ipv4", gsoSize: 60_000, members: members(60_000, 60_000, 60_000) });
    expect(lengths(one)).toEqual([120_000, 60_000]);
  });

  test("is not made of other protocols, in tunnels, behind tags or other extension headers", () => {
    const longest = (more: Partial<PacketRecipe>): number => plan({ ...big, ...more }).payload.length;
    expect(longest({ tunnels: [tunnel("ip")] })).toBeLessThan(65_536);
    expect(longest({ vlan: [{ tpid: "802.1Q", tci: 1 }] })).toBeLessThan(65_536);
    expect(longest({ extensions: [{ kind: "hop-by-hop", units: 0 }] })).toBeLessThan(65_536);
    expect(longest({ arrival: "tap" })).toBeLessThan(65_536);
    expect(longest({ gso: "tcp-fraglist", members: members(70_000) })).toBeLessThan(65_536);
    expect(longest({ gso: "udp-l4", tunnels: [tunnel("vxlan")] })).toBeLessThan(65_536);
  });

  test("starts where sixteen bits end", () => {
    const oneLess = plan({ ...big, head: head(65_535 - 14 - 40 - 20) });
    expect([oneLess.jumboLen, oneLess.payload.length]).toEqual([0, 65_461]);
    expect(plan({ ...big, head: head(65_515) }).jumboLen).toBe(0);
    expect(plan({ ...big, head: head(65_516) }).jumboLen).toBe(8);
  });
});

describe("a TCP list", () => {
  test("has the head's payload as gso_size and a datagram for each piece", () => {
    const one = plan({ gso: "tcp-fraglist", evenMembers: true, head: head(100), members: members(7, 40) });
    expect(gso(one)).toEqual([100, 3]);
    expect(cut(one)).toEqual([100, 100, 40]);
  });

  test("of one is no GSO packet", () => {
    expect(gso(plan({ gso: "tcp-fraglist", head: head(100) }))).toEqual([0, 0]);
  });
});

describe("SCTP", () => {
  test("with members: the head has no payload, chunks are padded to four bytes", () => {
    const one = plan({ gso: "sctp", head: head(50), members: members(0, 1, 9, 100) });
    expect(lengths(one)).toEqual([0, 4, 4, 12, 100]);
    expect(gso(one)).toEqual([0xffff, 4]);
    expect(cut(one)).toEqual([4, 4, 12, 100]);
  });

  test("leaves out what does not fit any more", () => {
    expect(lengths(plan({ gso: "sctp", members: members(65_000, 1000, 8) }))).toEqual([0, 65_000, 8]);
  });

  test("without members is a plain packet", () => {
    const one = plan({ gso: "sctp", head: head(50) });
    expect([lengths(one), gso(one), cut(one)]).toEqual([[52], [0, 0], [52]]);
  });
});

describe("datagrams that arrive one by one", () => {
  const drawn = { gso: "tcp", arrival: "gro", head: head(100), members: members(0, 300, 70_000) } as const;

  test("have their own lengths, however long, and no GSO fields", () => {
    const one = plan(drawn);
    expect(lengths(one)).toEqual([100, 0, 300, 65_535 - 74]);
    expect([gso(one), cut(one)]).toEqual([[0, 0], lengths(one)]);
  });

  test("are even where the recipe says so", () => {
    expect(lengths(plan({ ...drawn, evenMembers: true }))).toEqual([100, 100, 100, 100]);
    expect(lengths(plan({ ...drawn, evenMembers: true, members: members(300, 7) }))).toEqual([100, 100, 7]);
  });

  test("are not more than a batch holds", () => {
    const many = plan({ ...drawn, members: members(60_000, 60_000, 60_000, 60_000) });
    expect(lengths(many)).toEqual([100, 60_000, 60_000, 60_000, 19_900]);
  });

  test("count within their flow", () => {
    const flows = [1, 0, 1].map((flow, i) => ({ ...leastOf(schema.member), payload: 10 + i, flow }));
    const counted = plan({ ...drawn, members: flows }).pieces.map(({ flow, flowAt, flowIndex, isLast }) => [
      flow,
      flowAt,
      flowIndex,
      isLast,
    ]);
    expect(counted).toEqual([
      [0, 0, 0, false],
      [1, 0, 0, false],
      [0, 100, 1, true],
      [1, 10, 1, true],
    ]);
  });

  test("of an aggregate are all of one flow, whatever was drawn", () => {
    const flows = members(10, 10).map((one, i) => ({ ...one, flow: i }));
    const { pieces } = plan({ gso: "fraglist", head: head(10), members: flows });
    expect(pieces.map(({ flow, flowAt, isLast }) => [flow, flowAt, isLast])).toEqual([
      [0, 0, false],
      [0, 10, false],
      [0, 20, true],
    ]);
  });
});

describe("remote checksum offload", () => {
  const drawn = {
    gso: "tcp",
    head: head(300),
    gsoSize: 100,
    checksum: "partial",
    tunnels: [tunnel("vxlan", { remcsum: true })],
  } as const;

  test("goes with a VXLAN aggregate whose checksum is left for later", () => {
    expect(plan(drawn).remcsum).toBe(true);
    expect(plan({ ...drawn, checksum: "unnecessary" }).remcsum).toBe(false);
    expect(plan({ ...drawn, gsoSize: 300 }).remcsum).toBe(false);
    expect(plan({ ...drawn, tunnels: [tunnel("vxlan")] }).remcsum).toBe(false);
    expect(plan({ ...drawn, tunnels: [tunnel("gre", { remcsum: true })] }).remcsum).toBe(false);
    expect(plan({ ...drawn, gso: "sctp", members: members(8, 8) }).remcsum).toBe(false);
  });

  test("ends where its seven bits do", () => {
    const nested = (levels: number) => [drawn.tunnels[0], ...Array.from({ length: levels }, () => tunnel("ip"))];
    // The inner frame's link header, so many IPv6 headers, and one more: 14 + 40 n + 40.
    expect(plan({ ...drawn, tunnels: nested(5) }).remcsum).toBe(true);
    expect(plan({ ...drawn, tunnels: nested(5), extensions: [{ kind: "routing", units: 0 }] }).remcsum).toBe(false);
  });
});

describe("strides", () => {
  const drawn = { gso: "tcp", strides: true, head: head(1000), gsoSize: 1000 } as const;
  const strides = (...payloads: readonly number[]) => plan({ ...drawn, members: members(...payloads) });

  test("are as drawn, where members otherwise are whole segments", () => {
    expect(lengths(strides(1000, 1, 1000, 2))).toEqual([1000, 1000, 1, 1000, 2]);
    expect(lengths(plan({ ...drawn, strides: false, members: members(1000, 1, 1000, 2) }))).toEqual([
      1000, 1000, 1000, 1000, 2,
    ]);
    expect([gso(strides(1000, 1)), cut(strides(1000, 1))]).toEqual([
      [1000, 3],
      [1000, 1000, 1],
    ]);
  });

  test("may leave the head empty; then no segment is shorter than a byte", () => {
    const empty = { ...drawn, head: head(0), members: members(1000, 1000) };
    expect([lengths(plan(empty)), gso(plan(empty))]).toEqual([
      [0, 1000, 1000],
      [1000, 2],
    ]);
    expect(gso(plan({ ...empty, gsoSize: 0, members: members(10, 20) }))).toEqual([1, 30]);
  });

  test("are whole segments in no other sense: no more than 64 come out", () => {
    for (const gsoKind of ["tcp", "udp-l4"] as const) {
      const long = plan({ ...drawn, gso: gsoKind, gsoSize: 1, head: head(0), members: members(30_000, 30_001) });
      expect([gso(long), cut(long).length]).toEqual([[938, 64], 64]);
    }
  });

  test("that do not fit are left out", () => {
    expect(lengths(strides(70_000, 10, 64_000))).toEqual([1000, 10, 64_000]);
    expect(lengths(strides(64_535, 10)).reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(65_535);
  });

  test("a member that was drawn empty has a byte", () => {
    expect(lengths(strides(0, 5))).toEqual([1000, 1, 5]);
  });

  test("mean nothing to lists, to fragments, to a packet without members, or to frames of their own", () => {
    for (const more of [
      { gso: "fraglist" },
      { gso: "tcp-fraglist" },
      { gso: "none" },
      { gso: "sctp" },
      { gso: "tcp", arrival: "gro" },
    ] as const) {
      const other = { ...drawn, ...more, members: members(300, 40) };
      expect(lengths(plan(other))).toEqual(lengths(plan({ ...other, strides: false })));
    }
    expect(lengths(plan(drawn))).toEqual([1000]);
  });
});

describe("page fragments", () => {
  const divided = (layout: Partial<PacketRecipe["head"]>, more: Partial<PacketRecipe> = {}) =>
    plan({ gso: "tcp", gsoSize: 100, head: head(301, layout), ...more }).pieces[0];

  test("are equally long, or as long as a segment with the rest in the last", () => {
    const layout = { paged: 301, frags: 3 };
    expect(divided(layout)).toMatchObject({ linear: 0, frags: [100, 100, 101] });
    expect(divided({ ...layout, paged: 201 })).toMatchObject({ linear: 100, frags: [67, 67, 67] });
    expect(divided({ ...layout, split: "by-segment" })).toMatchObject({ linear: 0, frags: [100, 100, 101] });
    expect(divided({ ...layout, split: "by-segment", frags: 2 })).toMatchObject({ frags: [100, 201] });
    expect(divided({ ...layout, split: "by-segment", frags: 17 })).toMatchObject({ frags: [100, 100, 100, 1] });
    expect(divided({ ...layout, split: "by-segment", frags: 1 })).toMatchObject({ frags: [301] });
    expect(divided({ split: "by-segment", frags: 4, paged: 0 })).toMatchObject({ linear: 301, frags: [] });
  });

  test("of a packet that is not to be cut are equally long", () => {
    expect(divided({ paged: 301, frags: 2, split: "by-segment" }, { gso: "none" })).toMatchObject({
      frags: [150, 151],
    });
  });

  test("of members are split as theirs say", () => {
    const member = { ...leastOf(schema.member), payload: 300, paged: 300, frags: 4, split: "by-segment" } as const;
    const { pieces } = plan({
      gso: "tcp",
      gsoSize: 100,
      head: head(100),
      members: [member, { ...member, split: "evenly" }],
    });
    expect(pieces.map(({ frags }) => frags)).toEqual([[], [100, 100, 100], [75, 75, 75, 75]]);
  });

  test("sum up to the piece, whatever is drawn", () => {
    for (let paged = 0; paged <= 310; paged += 31) {
      for (const frags of [1, 2, 3, 17]) {
        for (const split of ["evenly", "by-segment"] as const) {
          const piece = divided({ paged, frags, split });
          expect((piece?.linear ?? 0) + (piece?.frags ?? []).reduce((sum, length) => sum + length, 0)).toBe(301);
          expect(piece?.frags.every((length) => length > 0)).toBe(true);
          expect(piece?.frags.length).toBeLessThanOrEqual(frags);
        }
      }
    }
  });
});
