import { describe, expect, test } from "vitest";
import { type PacketRecipe, schema, type TunnelRecipe } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { aggregateHeaders, memberHeaders, originalFrame, originalsOf } from "./headers.js";
import { type PacketPlan, type Piece, planPacket } from "./packetPlan.js";
import { lastOf, namesIn, type ReadFrame, readFrame, u16, u32 } from "./testing/readFrame.js";

const least = leastOf(schema.packet);
const head = (payload: number) => ({ ...least.head, payload });
const members = (...payloads: readonly number[]) => payloads.map((payload) => ({ ...leastOf(schema.member), payload }));
const tunnel = (kind: TunnelRecipe["kind"], more: Partial<TunnelRecipe> = {}): TunnelRecipe => ({
  ...leastOf(schema.tunnel),
  kind,
  ...more,
});
const plan = (more: Partial<PacketRecipe>): PacketPlan => planPacket({ ...least, ...more });

/** The aggregate's headers with the whole payload behind them. */
function whole(one: PacketPlan): Uint8Array {
  return Uint8Array.from([...aggregateHeaders(one), ...one.payload]);
}
function sound(bytes: Uint8Array): ReadFrame {
  const read = readFrame(bytes);
  expect(read.wrong).toEqual([]);
  return read;
}
const originals = (one: PacketPlan): Uint8Array[] => originalsOf(one);
const tcpOf = (frame: Uint8Array) => {
  const at = lastOf(readFrame(frame), "tcp").at;
  return { seq: u32(frame, at + 4), flags: frame[at + 13], window: u16(frame, at + 14), urgent: u16(frame, at + 18) };
};
const idOf = (frame: Uint8Array): number => u16(frame, lastOf(readFrame(frame), "ipv4").at + 4);

describe("the headers of a TCP aggregate", () => {
  const drawn = {
    gso: "tcp",
    head: head(301),
    gsoSize: 100,
    tcp: { seq: 0xfffffff0, flags: 0x89 | 0x20, window: 77, optionWords: 3 },
  } as const;

  test.each(["ipv4", "ipv6"] as const)("over %s span everything, with the pseudo-header sum when partial", (family) => {
    const frame = whole(plan({ ...drawn, family, checksum: "partial" }));
    const read = sound(frame);
    expect(namesIn(read)).toBe(`eth ${family} tcp`);
    expect([lastOf(read, "tcp").sum, read.payloadAt]).toEqual(["pseudo", family === "ipv4" ? 66 : 86]);
    expect(tcpOf(frame)).toEqual({ seq: 0xfffffff0, flags: 0xb9, window: 77, urgent: 1 });
  });

  test.each(["none", "unnecessary", "complete"] as const)("have a complete checksum in state %s", (checksum) => {
    expect(lastOf(sound(whole(plan({ ...drawn, checksum }))), "tcp").sum).toBe("ok");
  });

  test("carry the addresses and ports that a middlebox gave them, with checksums that fit", () => {
    const frame = whole(plan({ ...drawn, family: "ipv4", checksum: "none", rewritten: "both" }));
    expect(lastOf(sound(frame), "tcp").sum).toBe("ok");
    expect([...frame.subarray(26, 34)]).toEqual([192, 0, 2, 77, 198, 51, 100, 9]);
    expect([u16(frame, 34), u16(frame, 36)]).toEqual([4001, 5002]);
  });

  test("of BIG TCP say it in a jumbo header, or not at all", () => {
    const big = { ...drawn, head: head(70_000), gsoSize: 1448, checksum: "partial" } as const;
    const ipv6 = sound(whole(plan(big)));
    expect([namesIn(ipv6), lastOf(ipv6, "tcp").sum]).toEqual(["eth ipv6 jumbo tcp", "pseudo"]);
    const ipv4 = sound(whole(plan({ ...big, family: "ipv4" })));
    expect([namesIn(ipv4), lastOf(ipv4, "tcp").sum]).toEqual(["eth ipv4 tcp", "pseudo"]);
  });
});

describe("the headers of a TCP list", () => {
  const drawn = {
    gso: "tcp-fraglist",
    family: "ipv4",
    evenMembers: true,
    ipId: 0xffff,
    head: head(100),
    members: members(100, 40),
    tcp: { seq: 0xffffffff, flags: 0x49, window: 5, optionWords: 0 },
  } as const;

  test("are the first segment's own but for the IP length", () => {
    const one = plan(drawn);
    const [headers, first] = [aggregateHeaders(one), originalFrame(one, one.pieces[0] as Piece)];
    expect(u16(headers, 16)).toBe(20 + 20 + 240);
    expect(headers.subarray(34)).toEqual(first.subarray(34, 54));
    expect(lastOf(sound(first), "tcp").sum).toBe("ok");
  });

  test("each segment's own frame is complete, numbers count up", () => {
    const frames = originals(plan(drawn));
    expect(frames.map((frame) => [lastOf(sound(frame), "tcp").sum, frame.length])).toEqual([
      ["ok", 154],
      ["ok", 154],
      ["ok", 94],
    ]);
    expect(frames.map(tcpOf).map(({ seq, flags }) => [seq, flags])).toEqual([
      [0xffffffff, 0x50],
      [99, 0x50],
      [199, 0x50],
    ]);
    expect(frames.map(idOf)).toEqual([0xffff, 0, 1]);
  });

  test("segments that are partial have the sum of their own length", () => {
    const frames = originals(plan({ ...drawn, checksum: "partial" }));
    expect(frames.map((frame) => lastOf(sound(frame), "tcp").sum)).toEqual(["pseudo", "pseudo", "pseudo"]);
  });
});

describe("datagrams that arrive one by one", () => {
  const drawn = { gso: "tcp", family: "ipv4", arrival: "gro", head: head(100), members: members(100, 100) } as const;

  test("PSH and FIN stand in the last, CWR in the first", () => {
    const one = plan({ ...drawn, tcp: { ...least.tcp, flags: 0x89 } });
    const flags = one.pieces.map((piece) => tcpOf(originalFrame(one, piece)).flags);
    expect(flags).toEqual([0x90, 0x10, 0x19]);
  });

  test("each flow has numbers of its own", () => {
    const flows = [1, 0, 1].map((flow) => ({ ...leastOf(schema.member), payload: 10, flow }));
    const one = plan({ ...drawn, members: flows, tcp: { ...least.tcp, seq: 1000, flags: 0x80 } });
    const frames = one.pieces.map((piece) => originalFrame(one, piece));
    expect(frames.map((frame) => [tcpOf(frame).seq, idOf(frame), tcpOf(frame).flags])).toEqual([
      [1000, 0, 0x90],
      [1000, 0, 0x90],
      [1100, 1, 0x10],
      [1010, 1, 0x10],
    ]);
  });

  test("UDP and SCTP are complete frames too, whatever the kind of packet says", () => {
    const read = (more: Partial<PacketRecipe>) => {
      const one = plan({ ...drawn, ...more });
      return sound(originalFrame(one, one.pieces[1] as Piece));
    };
    expect(lastOf(read({ gso: "udp-l4" }), "udp").sum).toBe("ok");
    expect(lastOf(read({ gso: "udp-l4", checksum: "partial" }), "udp").sum).toBe("pseudo");
    expect(lastOf(read({ gso: "ufo", zeroChecksum: true }), "udp").sum).toBe("zero");
    expect(namesIn(read({ gso: "sctp" }))).toBe("eth ipv4 sctp");
  });

  test("are no originals of an aggregate", () => {
    expect(originals(plan(drawn))).toEqual([]);
    expect(originals(plan({ ...drawn, arrival: "stack" }))).toEqual([]);
  });
});

/** Bit by bit, as RFC 9260 has it. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("SCTP", () => {
  test("has its CRC, least significant byte first, unless it is left for later", () => {
    const frame = whole(plan({ gso: "sctp", head: head(40), checksum: "unnecessary" }));
    const at = lastOf(sound(frame), "sctp").at;
    const packet = frame.slice(at);
    const field = packet.slice(8, 12);
    packet.fill(0, 8, 12);
    const crc = slowCrc32c(packet);
    expect([...field]).toEqual([crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24]);
    expect(u32(whole(plan({ gso: "sctp", members: members(8) })), at + 8)).toBe(0);
  });
});

describe("tunnels", () => {
  const inner = { gso: "udp-l4", family: "ipv4", head: head(250), gsoSize: 100, checksum: "partial" } as const;
  const every = [
    ["vxlan", "eth O udp vxlan eth ipv4 udp"],
    ["gre", "eth O gre eth ipv4 udp"],
    ["gre-ip", "eth O gre ipv4 udp"],
    ["ip", "eth O ipv4 udp"],
  ] as const;

  for (const [kind, names] of every) {
    for (const family of ["ipv4", "ipv6"] as const) {
      test(`${kind} over ${family} goes around an aggregate, with lengths of the whole`, () => {
        const read = sound(whole(plan({ ...inner, tunnels: [tunnel(kind, { family })] })));
        expect(namesIn(read)).toBe(names.replace("O", family));
        expect(lastOf(read, "udp").sum).toBe("pseudo");
      });
    }
  }

  const outerSum = (kind: "vxlan" | "gre", more: Partial<PacketRecipe>) => {
    const frame = whole(plan({ ...inner, tunnels: [tunnel(kind, { checksum: true })], ...more }));
    const read = sound(frame);
    const of = kind === "gre" ? lastOf(read, "gre") : read.headers.find(({ name }) => name === "udp");
    return { frame, read, sum: of?.sum, at: of?.at ?? -1 };
  };

  test("outer checksums of what is to be cut: UDP's pseudo-header sum, GRE's not there yet", () => {
    expect(outerSum("vxlan", {}).sum).toBe("pseudo");
    expect(outerSum("gre", {}).sum).toBe("zero");
  });

  test.each(["vxlan", "gre"] as const)("the outer checksum of a received packet fits its bytes: %s", (kind) => {
    const { sum, read } = outerSum(kind, { gso: "none", checksum: "unnecessary" });
    expect([sum, lastOf(read, "udp").sum]).toEqual(["ok", "ok"]);
  });

  test.each(["vxlan", "gre"] as const)("an outer checksum fits once the inner one is completed: %s", (kind) => {
    for (const family of ["ipv4", "ipv6"] as const) {
      const { frame, sum, read } = outerSum(kind, { gso: "none", family });
      expect([sum, lastOf(read, "udp").sum]).toEqual(["other", "pseudo"]);
      // As a device does: the complement of the sum from the start on goes into the field.
      const at = lastOf(read, "udp").at;
      let total = 0;
      for (let i = at; i < frame.length; i += 2) total += (frame[i] as number) * 256 + (frame[i + 1] ?? 0);
      while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
      frame.set([(~total >>> 8) & 255, ~total & 255], at + 6);
      const done = sound(frame);
      expect(done.headers.filter((one) => one.sum !== undefined).map((one) => one.sum)).toEqual(["ok", "ok"]);
    }
  });

  test("without an outer checksum UDP has none and GRE no field", () => {
    const read = sound(whole(plan({ ...inner, tunnels: [tunnel("vxlan")] })));
    expect(read.headers.find(({ name }) => name === "udp")?.sum).toBe("zero");
    const gre = whole(plan({ ...inner, tunnels: [tunnel("gre-ip")] }));
    expect(u16(gre, 34)).toBe(0);
  });

  test("remote checksum offload says where the inner checksum starts, and whether it is UDP's", () => {
    const rco = (more: Partial<PacketRecipe>): number[] => {
      const frame = whole(plan({ ...inner, tunnels: [tunnel("vxlan", { remcsum: true })], ...more }));
      return [u32(frame, 42), u32(frame, 46)];
    };
    const start = (14 + 20) / 2;
    expect(rco({})).toEqual([0x0820_0000, 42 * 256 + 0x80 + start]);
    expect(rco({ gso: "tcp" })).toEqual([0x0820_0000, 42 * 256 + start]);
    expect(rco({ checksum: "none" })).toEqual([0x0800_0000, 42 * 256]);
  });

  test("nest, each level with an identification of its own", () => {
    const levels = [
      tunnel("ip"),
      tunnel("ip", { family: "ipv6" }),
      tunnel("ip"),
      tunnel("ip"),
      tunnel("ip"),
      tunnel("ip"),
    ];
    const frame = whole(plan({ ...inner, ipId: 5, tunnels: levels }));
    const read = sound(frame);
    expect(namesIn(read)).toBe("eth ipv4 ipv6 ipv4 ipv4 ipv4 ipv4 ipv4 udp");
    const ids = read.headers.filter(({ name }) => name === "ipv4").map(({ at }) => u16(frame, at + 4));
    expect(ids).toEqual([0x1005, 0x3005, 0x4005, 0x5005, 0x6005, 5]);
  });

  test("labels are one stack with one bottom, also around a service header", () => {
    const read = sound(whole(plan({ ...inner, tunnels: [tunnel("mpls"), tunnel("mpls"), tunnel("nsh")] })));
    expect(namesIn(read)).toBe("eth mpls mpls nsh eth ipv4 udp");
    const outside = sound(whole(plan({ ...inner, family: "ipv6", tunnels: [tunnel("nsh"), tunnel("mpls")] })));
    expect(namesIn(outside)).toBe("eth nsh eth mpls ipv6 udp");
  });

  test("tags stand in the outer link header", () => {
    const read = sound(whole(plan({ ...inner, vlan: [{ tpid: "802.1ad", tci: 5 }], tunnels: [tunnel("gre")] })));
    expect(namesIn(read)).toBe("eth vlan ipv4 gre eth ipv4 udp");
  });

  test("the outer header copies congestion marks, a fresh one less", () => {
    const tos = (trafficClass: number): number | undefined =>
      whole(plan({ ...inner, trafficClass, tunnels: [tunnel("ip")] }))[15];
    expect([0xfd, 0xfe, 0xff, 0xfc].map(tos)).toEqual([1, 2, 2, 0]);
  });

  test("an original went through them alone, with complete checksums; a member of its list has none of them", () => {
    const list = plan({
      gso: "fraglist",
      family: "ipv4",
      ipId: 9,
      evenMembers: true,
      head: head(100),
      members: members(100),
      tunnels: [tunnel("vxlan", { checksum: true })],
    });
    const frames = originals(list);
    for (const frame of frames) {
      expect(
        sound(frame)
          .headers.filter((one) => one.sum !== undefined)
          .map((one) => one.sum),
      ).toEqual(["ok", "ok"]);
    }
    expect(frames.map((frame) => u16(frame, 18))).toEqual([0x1009, 0x100a]);
    const own = memberHeaders(list, list.pieces[1] as Piece);
    const read = sound(Uint8Array.from([...own, ...list.payload.subarray(100)]));
    expect([namesIn(read), lastOf(read, "udp").sum]).toEqual(["eth ipv4 udp", "ok"]);
  });

  test("an original whose inner checksum the receiver completes has an outer one that fits it as it is", () => {
    const list = plan({
      gso: "fraglist",
      checksum: "partial",
      evenMembers: true,
      head: head(100),
      members: members(100),
      tunnels: [tunnel("vxlan", { checksum: true, remcsum: true })],
    });
    const [first] = originals(list);
    const sums = sound(first as Uint8Array)
      .headers.filter((one) => one.sum !== undefined)
      .map((one) => one.sum);
    expect(sums).toEqual(["ok", "pseudo"]);
  });
});

describe("members' own headers", () => {
  test("of a classic chain carry the tags and count up", () => {
    const one = plan({
      gso: "tcp",
      family: "ipv4",
      vlan: [{ tpid: "802.1Q", tci: 5 }],
      head: head(100),
      members: members(100, 50),
      checksum: "partial",
    });
    const frame = Uint8Array.from([...memberHeaders(one, one.pieces[2] as Piece), ...one.payload.subarray(200)]);
    expect(namesIn(sound(frame))).toBe("eth vlan ipv4 tcp");
    expect([tcpOf(frame).seq, idOf(frame)]).toEqual([200, 2]);
  });

  test("of BIG TCP have no jumbo header", () => {
    const one = plan({ gso: "tcp", head: head(66_000), gsoSize: 60_000, members: members(100) });
    const { at, payload } = one.pieces[1] as Piece;
    const own = memberHeaders(one, one.pieces[1] as Piece);
    expect(namesIn(sound(Uint8Array.from([...own, ...one.payload.subarray(at, at + payload)])))).toBe("eth ipv6 tcp");
    expect(own.length).toBe(one.headerLen - 8);
  });
});

describe("SCTP in a tunnel", () => {
  test("a packet on its way in has an outer checksum over its own CRC", () => {
    const one = plan({
      gso: "sctp",
      head: head(40),
      checksum: "partial",
      tunnels: [tunnel("gre", { checksum: true })],
    });
    expect(lastOf(sound(whole(one)), "gre").sum).toBe("ok");
  });
});
