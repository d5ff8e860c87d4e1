import { describe, expect, test } from "vitest";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, GSO_BY_FRAGS, gsoTypeNames } from "../../abi/features.js";
import { mainline } from "../../kernel/Kernel.js";
import { Memory } from "../../memory/Memory.js";
import { type PacketRecipe, schema, type TunnelRecipe } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { kfreeSkb } from "../../skb/free.js";
import { HEADER_UNSET, type SkBuff } from "../../skb/SkBuff.js";
import { alive, brokenRules, flatten, membersOf, NOTHING_ALIVE, reportsOf, shapeOf } from "../../skb/testing/make.js";
import { buildPacket, headersBehindData } from "./buildPacket.js";
import { originalFrame } from "./headers.js";
import { type Piece, planPacket } from "./packetPlan.js";
import { readFrame } from "./testing/readFrame.js";
import { World } from "./World.js";

const least = leastOf(schema.packet);
const head = (payload: number, more: Partial<PacketRecipe["head"]> = {}) => ({ ...least.head, payload, ...more });
const members = (...payloads: readonly number[]) => payloads.map((payload) => ({ ...leastOf(schema.member), payload }));
const tunnel = (kind: TunnelRecipe["kind"], more: Partial<TunnelRecipe> = {}): TunnelRecipe => ({
  ...leastOf(schema.tunnel),
  kind,
  ...more,
});

function build(more: Partial<PacketRecipe>) {
  const world = new World(new Memory(), mainline.seams);
  const plan = planPacket({ ...least, ...more });
  const skb = buildPacket(world, plan);
  const live = [...new Set([skb, ...world.kept])];
  expect(brokenRules(live)).toEqual([]);
  expect(reportsOf(world.mem)).toEqual([]);
  return { world, plan, skb };
}
const gsoOf = (skb: SkBuff) => {
  const { gsoSize, gsoSegs, gsoType } = skb.head.shinfo.seen();
  return { gsoSize, gsoSegs, type: gsoTypeNames(gsoType) };
};
const typeOf = (more: Partial<PacketRecipe>): string => gsoOf(build(more).skb).type;
/** Offsets as they count in the frame. */
const at = (skb: SkBuff, offset: number): number => offset - skb.macHeader;

describe("TCP", () => {
  const drawn = { gso: "tcp", head: head(301, { paged: 200, frags: 3 }), gsoSize: 100, checksum: "partial" } as const;

  test("has its type, size and count, and the checksum to be filled where TCP has it", () => {
    const { skb, plan } = build({ ...drawn, family: "ipv4" });
    expect(gsoOf(skb)).toEqual({ gsoSize: 100, gsoSegs: 4, type: "TCPV4" });
    expect([skb.ipSummed, at(skb, skb.csumStart), skb.csumOffset]).toEqual([CHECKSUM_PARTIAL, 34, 16]);
    expect(shapeOf(skb)).toBe(`linear ${20 + 20 + 101} | frags 66 67 67`);
    expect(headersBehindData(skb)).toBe(40);
    expect(flatten(skb).slice(40)).toEqual(plan.payload);
  });

  test("says ECN for CWR, DODGY for a changed geometry and FIXEDID for repeating identifications", () => {
    expect(typeOf(drawn)).toBe("TCPV6");
    expect(typeOf({ ...drawn, tcp: { ...least.tcp, flags: 0x80 } })).toBe("TCP_ECN TCPV6");
    expect(typeOf({ ...drawn, dodgy: true })).toBe("DODGY TCPV6");
    const odd = members(100).map((one) => ({ ...one, odd: "id-repeats" as const }));
    expect(typeOf({ ...drawn, family: "ipv4", dontFragment: true, members: odd })).toBe("TCPV4 TCP_FIXEDID");
  });

  test("no longer than a segment has no GSO fields at all", () => {
    expect(gsoOf(build({ ...drawn, gsoSize: 301 }).skb)).toEqual({ gsoSize: 0, gsoSegs: 0, type: "none" });
  });

  test("is charged to its connection, and gives the charge back", () => {
    const { skb, world } = build({ ...drawn, owner: "sender" });
    expect([skb.destructor, world.sender.wmemAlloc]).toEqual(["tcp_wfree", 1 + skb.truesize]);
    kfreeSkb(skb);
    expect([world.sender.wmemAlloc, alive(world.mem)]).toEqual([1, NOTHING_ALIVE]);
  });

  test("asks for the time stamp of a byte in the middle", () => {
    const stamped = { ...drawn, head: head(300, { timestamp: true }), tcp: { ...least.tcp, seq: 0xffffffff } };
    expect(build(stamped).skb.head.shinfo.seen().tskey).toBe(149);
    expect(build({ ...stamped, gso: "udp-l4" }).skb.head.shinfo.seen().tskey).toBe(7);
  });

  test("of 70,000 bytes over IPv6 lies behind its jumbo header", () => {
    const { skb } = build({ ...drawn, head: head(70_000), gsoSize: 1448 });
    expect([at(skb, skb.transportHeader), skb.len, headersBehindData(skb)]).toEqual([62, 48 + 20 + 70_000, 68]);
  });

  test("classic members have given their headers up and hold whole segments", () => {
    const chained = { ...drawn, members: members(150, 30).map((one) => ({ ...one, nohdr: true })) };
    const { skb } = build(chained);
    expect(membersOf(skb).map(({ len, nohdr }) => [len, nohdr])).toEqual([
      [200, true],
      [30, true],
    ]);
    expect(gsoOf(skb).gsoSegs).toBe(7);
  });
});

describe("a TCP list", () => {
  const drawn = {
    gso: "tcp-fraglist",
    family: "ipv4",
    evenMembers: true,
    head: head(100),
    members: members(1, 40),
  } as const;

  test("has the type of a list, and members with headers of their own in front", () => {
    const { skb, plan, world } = build(drawn);
    expect(gsoOf(skb)).toEqual({ gsoSize: 100, gsoSegs: 3, type: "TCPV4 FRAGLIST" });
    membersOf(skb).forEach((member, i) => {
      expect([member.nohdr, member.data - member.transportHeader, member.data - member.macHeader]).toEqual([
        false,
        20,
        54,
      ]);
      const from = member.head.base + member.macHeader;
      const frame = world.mem.arena.bytes.slice(from, from + 54 + member.len);
      expect(frame).toEqual(originalFrame(plan, plan.pieces[i + 1] as Piece));
    });
  });

  test("of one is a plain packet", () => {
    expect(gsoOf(build({ ...drawn, members: [] }).skb).type).toBe("none");
  });
});

describe("SCTP", () => {
  const drawn = { gso: "sctp", owner: "sender", head: head(9), members: members(8, 100) } as const;

  test("has a head with the common header alone, and members of chunks alone", () => {
    const { skb, world } = build(drawn);
    expect(gsoOf(skb)).toEqual({ gsoSize: GSO_BY_FRAGS, gsoSegs: 2, type: "SCTP" });
    expect(shapeOf(skb)).toBe("linear 52 | list [linear 8, linear 100]");
    expect([skb.ipSummed, skb.csumNotInet, at(skb, skb.csumStart), skb.csumOffset]).toEqual([
      CHECKSUM_PARTIAL,
      true,
      54,
      8,
    ]);
    expect([skb.destructor, world.sender.wmemAlloc]).toEqual(["sock_wfree", 1 + skb.truesize]);
    expect(headersBehindData(skb)).toBe(52);
    for (const member of membersOf(skb)) {
      expect([member.nohdr, member.macHeader, member.sk]).toEqual([true, HEADER_UNSET, null]);
      expect(member.headroom).toBeGreaterThanOrEqual(66 + 128);
    }
  });

  test("without members is a plain packet that a device may be asked to sum", () => {
    const { skb } = build({ ...drawn, members: [], checksum: "partial" });
    expect([gsoOf(skb).gsoSize, skb.csumNotInet, skb.len]).toEqual([0, true, 52 + 12]);
    expect(build({ ...drawn, members: [], checksum: "none" }).skb.csumNotInet).toBe(false);
  });
});

describe("tunnels", () => {
  const inner = { gso: "udp-l4", family: "ipv4", head: head(250), gsoSize: 100, checksum: "partial" } as const;
  const inside = (...tunnels: readonly TunnelRecipe[]): SkBuff => build({ ...inner, tunnels }).skb;
  const offsets = (skb: SkBuff) => ({
    network: at(skb, skb.networkHeader),
    transport: at(skb, skb.transportHeader),
    innerMac: at(skb, skb.innerMacHeader),
    innerNetwork: at(skb, skb.innerNetworkHeader),
    innerTransport: at(skb, skb.innerTransportHeader),
    csumStart: at(skb, skb.csumStart),
  });
  const protocols = (skb: SkBuff) => [skb.protocol, skb.encapsulation, skb.innerProtocol, skb.innerProtocolIsIp];

  test("VXLAN makes its frame the inner packet", () => {
    const skb = inside(tunnel("vxlan", { family: "ipv6" }));
    expect(offsets(skb)).toEqual({
      network: 14,
      transport: 54,
      innerMac: 70,
      innerNetwork: 84,
      innerTransport: 104,
      csumStart: 104,
    });
    expect(protocols(skb)).toEqual([0x86dd, true, 0x6558, false]);
    expect(headersBehindData(skb)).toBe(104 + 8 - 14);
  });

  test("GRE carries frames or packets", () => {
    expect(protocols(inside(tunnel("gre")))).toEqual([0x0800, true, 0x6558, false]);
    const skb = inside(tunnel("gre-ip"));
    expect(protocols(skb)).toEqual([0x0800, true, 0x0800, false]);
    expect(offsets(skb)).toMatchObject({ transport: 34, innerMac: 38, innerNetwork: 38, innerTransport: 58 });
  });

  test("IP carries IP; the transport header is the innermost one, however deep it lies", () => {
    const skb = inside(tunnel("ip", { family: "ipv6" }));
    expect(protocols(skb)).toEqual([0x86dd, true, 4, true]);
    expect(offsets(skb)).toMatchObject({ transport: 74, innerMac: 54, innerNetwork: 54, innerTransport: 74 });
    const nested = inside(tunnel("ip"), tunnel("ip", { family: "ipv6" }));
    expect(protocols(nested)).toEqual([0x0800, true, 41, true]);
    expect(offsets(nested)).toMatchObject({ innerNetwork: 34, transport: 94, innerTransport: 94 });
  });

  test("labels make no inner packet, but its protocol is known", () => {
    const skb = inside(tunnel("mpls"), tunnel("mpls"));
    expect(protocols(skb)).toEqual([0x8847, false, 0x0800, false]);
    expect(offsets(skb)).toMatchObject({ network: 14, innerNetwork: 22, transport: 42 });
    expect(protocols(inside(tunnel("mpls"), tunnel("nsh")))).toEqual([0x8847, false, 0x894f, false]);
  });

  test("a service header changes nothing but what is outside", () => {
    const skb = inside(tunnel("nsh"));
    expect(protocols(skb)).toEqual([0x894f, false, 0, false]);
    expect(offsets(skb)).toMatchObject({ network: 14, transport: 56 });
  });

  test("types name every level", () => {
    const type = (...tunnels: readonly TunnelRecipe[]): string => gsoOf(inside(...tunnels)).type;
    const checksum = true;
    expect(type(tunnel("vxlan"))).toBe("UDP_TUNNEL UDP_L4");
    expect(type(tunnel("vxlan", { checksum }))).toBe("UDP_TUNNEL_CSUM UDP_L4");
    expect(type(tunnel("vxlan", { remcsum: true }))).toBe("UDP_TUNNEL TUNNEL_REMCSUM UDP_L4");
    expect(type(tunnel("gre"))).toBe("GRE UDP_L4");
    expect(type(tunnel("gre-ip", { checksum }))).toBe("GRE_CSUM UDP_L4");
    expect(type(tunnel("ip"), tunnel("ip", { family: "ipv6" }))).toBe("IPXIP4 IPXIP6 UDP_L4");
    expect(type(tunnel("nsh"), tunnel("mpls"))).toBe("UDP_L4");
  });

  test("a packet that came in with its tunnel is not known to be inside one", () => {
    const { skb } = build({ ...inner, gso: "none", checksum: "none", tunnels: [tunnel("ip")] });
    expect([skb.encapsulation, skb.ipSummed, at(skb, skb.transportHeader)]).toEqual([false, CHECKSUM_NONE, 34]);
    const sent = build({ ...inner, gso: "none", tunnels: [tunnel("vxlan")] }).skb;
    expect([sent.encapsulation, at(sent, sent.innerTransportHeader), gsoOf(sent).type]).toEqual([true, 84, "none"]);
  });

  test("members of a list inside one are packets as they came in", () => {
    const { skb, world } = build({
      ...inner,
      gso: "fraglist",
      evenMembers: true,
      members: members(250),
      vlan: [{ tpid: "802.1Q", tci: 1 }],
      tunnels: [tunnel("vxlan")],
    });
    const [member] = membersOf(skb) as [SkBuff];
    expect([member.protocol, member.data - member.macHeader, member.data - member.networkHeader]).toEqual([
      0x0800, 42, 28,
    ]);
    const from = member.head.base + member.macHeader;
    expect(readFrame(world.mem.arena.bytes.slice(from, from + 42 + 250)).wrong).toEqual([]);
    expect([skb.protocol, skb.macLen, at(skb, skb.networkHeader)]).toEqual([0x8100, 18, 18]);
  });

  test("whoever is sent to a group is sent to one host outside", () => {
    expect([build({ ...inner, tunnels: [] }).skb.pktType, inside(tunnel("gre")).pktType]).toEqual([2, 0]);
  });
});

describe("what operations count from", () => {
  test("a TCP header that cannot be read counts as one without options", () => {
    const { skb } = build({ gso: "tcp", head: head(30), gsoSize: 10, tcp: { ...least.tcp, optionWords: 2 } });
    expect(headersBehindData(skb)).toBe(40 + 28);
    skb.transportHeader = skb.tail - 4;
    expect(headersBehindData(skb)).toBe(skb.tail - 4 + 20 - skb.data);
  });

  test("an inner header that receive offload left unset is the one that was found last", () => {
    const { skb } = build({ gso: "fraglist", head: head(30), tunnels: [tunnel("vxlan")] });
    const found = headersBehindData(skb);
    skb.transportHeader = skb.innerTransportHeader;
    skb.innerTransportHeader = 0;
    expect(headersBehindData(skb)).toBe(found);
  });
});
