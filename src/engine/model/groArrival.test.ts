import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  gsoTypeNames,
} from "../../abi/features.js";
import { mainline } from "../../kernel/Kernel.js";
import { Memory } from "../../memory/Memory.js";
import { type MemberRecipe, type PacketRecipe, schema, type TunnelRecipe } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbChecksum } from "../../skb/read.js";
import { alive, brokenRules, flatten, NOTHING_ALIVE, reportsOf, shapeOf } from "../../skb/testing/make.js";
import { arriveOneByOne, framesOf } from "./groArrival.js";
import { planPacket } from "./packetPlan.js";
import { lastOf, namesIn, readFrame } from "./testing/readFrame.js";
import { World } from "./World.js";

const least = leastOf(schema.packet);
type Drawn = Partial<Omit<PacketRecipe, "gro" | "members">> & {
  readonly gro?: Partial<PacketRecipe["gro"]>;
  readonly members?: readonly Partial<MemberRecipe>[];
};
const members = (count: number, one: Partial<MemberRecipe> = {}) => Array.from({ length: count }, () => one);

/** A batch of frames of a hundred bytes each, taken in whole; what follows it is freed again, and nothing is left. */
function arrived({ gro, members: drawn = members(3), ...more }: Drawn) {
  const world = new World(new Memory(), mainline.seams);
  const plan = planPacket({
    ...least,
    arrival: "gro",
    gso: "udp-l4",
    family: "ipv4",
    checksum: "none",
    head: { ...least.head, payload: 100 },
    ...more,
    gro: { ...least.gro, ...gro },
    members: drawn.map((one) => ({ ...leastOf(schema.member), payload: 100, ...one })),
  });
  const came = arriveOneByOne(world, plan);
  const { skb } = came;
  expect(reportsOf(world.mem)).toEqual([]);
  // Members that were merged keep a checksum start in front of their data.
  if (skb !== null && plan.recipe.checksum !== "partial") expect(brokenRules([skb])).toEqual([]);
  const shape = skb === null ? "" : shapeOf(skb);
  const bytes = skb === null ? new Uint8Array() : flatten(skb);
  const offsets = skb === null ? [] : [skb.data - skb.macHeader, skb.networkHeader - skb.macHeader, skb.macLen];
  kfreeSkb(skb);
  expect([reportsOf(world.mem), alive(world.mem), world.sender.wmemAlloc]).toEqual([[], NOTHING_ALIVE, 1]);
  const packets = came.gro.delivered.map(({ view, made }) => `${gsoTypeNames(view.shinfo.gsoType)} ${made.join(",")}`);
  return {
    ...came,
    plan,
    shape,
    bytes,
    offsets,
    packets,
    results: came.gro.frames.map(({ result }) => result).join(" "),
  };
}
const MERGED = (type: string) => [`${type} 0,1,2,3`];
const APART = ["none 0", "none 1", "none 2", "none 3"];

describe("UDP through a driver", () => {
  test("is chained where the device is told to", () => {
    const { packets, shape, results, gro } = arrived({ gro: { fraglist: true } });
    expect(packets).toEqual(MERGED("UDP_L4 FRAGLIST"));
    expect(shape).toBe("linear 128 | list [linear 100, linear 100, linear 100]");
    expect(results).toBe("held merged merged merged");
    expect(gro.delivered[0]?.view.shinfo).toMatchObject({ gsoSize: 100, gsoSegs: 4 });
  });

  test("is merged where the device is to forward it, and a shorter one ends the packet", () => {
    const { packets, gro, bytes, plan } = arrived({ gro: { udpForwarding: true }, members: [{}, { payload: 40 }, {}] });
    expect(packets).toEqual(["UDP_L4 0,1,2", "none 3"]);
    expect(gro.delivered[0]?.view).toMatchObject({ ipSummed: CHECKSUM_PARTIAL, csumOffset: 6 });
    expect(bytes.subarray(28)).toEqual(plan.payload.subarray(0, 240));
    const read = readFrame(gro.delivered[0]?.frame ?? new Uint8Array());
    expect([read.wrong, lastOf(read, "udp").sum]).toEqual([[], "pseudo"]);
  });

  test("is left alone where nobody asked", () => {
    const { packets, results } = arrived({});
    expect([packets, results]).toEqual([APART, "normal normal normal normal"]);
  });

  test("of sixty-five frames makes a packet of 64 and one of one", () => {
    const { packets } = arrived({ gro: { udpForwarding: true }, members: members(64) });
    const first = Array.from({ length: 64 }, (_, i) => i).join(",");
    expect(packets).toEqual([`UDP_L4 ${first}`, "none 64"]);
  });

  test("in page fragments is merged without a list", () => {
    const layout = { paged: 100, frags: 2 };
    const more = { head: { ...least.head, payload: 100, ...layout }, members: members(2, layout) };
    const { shape, results } = arrived({ ...more, gro: { udpForwarding: true } });
    expect(shape).toBe("linear 28 | frags 50 50 50 50 50 50");
    expect(results).toBe("held merged_free merged_free");
  });

  test("in buffers carved out of pages gives its buffers up", () => {
    const { shape, results } = arrived({ gro: { udpForwarding: true }, members: members(2, { headFrag: true }) });
    expect(shape).toBe("linear 128 | frags 100 100");
    expect(results).toBe("held merged_free merged_free");
  });

  test("of two flows makes two packets, of which the first frame's goes on", () => {
    const flows = [{ flow: 1 }, {}, { flow: 1 }];
    const { packets, gro, bytes, plan } = arrived({ gro: { udpForwarding: true }, members: flows });
    expect(packets.toSorted()).toEqual(["UDP_L4 0,2", "UDP_L4 1,3"]);
    expect([gro.delivered[gro.followed]?.made, gro.frames.map(({ flow }) => flow)]).toEqual([
      [0, 2],
      [0, 1, 0, 1],
    ]);
    expect(bytes.subarray(28)).toEqual(
      Uint8Array.from([...plan.payload.subarray(0, 100), ...plan.payload.subarray(200, 300)]),
    );
  });

  test("an odd frame is a packet of its own, and identifications that do not count on end one", () => {
    const lists = (family: "ipv4" | "ipv6") =>
      arrived({ family, gro: { fraglist: true }, members: [{}, { odd: "bad-checksum" }, {}] }).packets;
    expect(lists("ipv6")).toEqual(["none 2", "UDP_L4 FRAGLIST 0,1,3"]);
    expect(lists("ipv4")).toEqual(["none 2", "UDP_L4 FRAGLIST 0,1", "none 3"]);
    expect(arrived({ gro: { fraglist: true }, members: [{ odd: "padding" }] }).packets).toEqual(["none 1", "none 0"]);
  });

  test("in another checksum state overtakes a list, unless both states say the same in the end", () => {
    const states = (checksum: PacketRecipe["checksum"]) => {
      const odd = [{ odd: "checksum-state" }, {}] as const;
      const { packets, gro } = arrived({ family: "ipv6", checksum, gro: { fraglist: true }, members: odd });
      return [packets, gro.frames.map(({ ipSummed }) => ipSummed)];
    };
    const all = ["UDP_L4 FRAGLIST 0,1,2"];
    const [none, verified, summed, partial] = [
      CHECKSUM_NONE,
      CHECKSUM_UNNECESSARY,
      CHECKSUM_COMPLETE,
      CHECKSUM_PARTIAL,
    ];
    expect(states("unnecessary")).toEqual([all, [verified, none, verified]]);
    expect(states("none")).toEqual([all, [none, verified, none]]);
    expect(states("complete")).toEqual([
      ["none 1", "UDP_L4 FRAGLIST 0,2"],
      [summed, none, summed],
    ]);
    expect(states("partial")).toEqual([all, [partial, partial, partial]]);
  });
});

describe("sockets of the host", () => {
  test("one with UDP_GRO gets merged datagrams, chained ones never", () => {
    expect(arrived({ gro: { listener: "gro" } }).packets).toEqual(MERGED("UDP_L4"));
    expect(arrived({ gro: { listener: "gro", fraglist: true } }).packets).toEqual(MERGED("UDP_L4"));
  });

  test("one without it gets chained ones, and nothing merged", () => {
    expect(arrived({ gro: { listener: "plain", udpForwarding: true } }).packets).toEqual(APART);
    expect(arrived({ gro: { listener: "plain", fraglist: true } }).packets).toEqual(MERGED("UDP_L4 FRAGLIST"));
  });

  test("an established connection is not chained", () => {
    const tcp = { gso: "tcp", family: "ipv6" } as const;
    expect(arrived({ ...tcp, gro: { fraglist: true } }).packets).toEqual(MERGED("TCPV6 FRAGLIST"));
    expect(arrived({ ...tcp, gro: { fraglist: true, listener: "established" } }).packets).toEqual(MERGED("TCPV6"));
  });
});

describe("TCP through a driver", () => {
  test.each(["none", "unnecessary", "complete", "partial"] as const)("is merged in checksum state %s", (checksum) => {
    const { packets, gro } = arrived({ gso: "tcp", checksum });
    expect(packets).toEqual(MERGED("TCPV4"));
    const read = readFrame(gro.delivered[0]?.frame ?? new Uint8Array());
    expect([read.wrong, lastOf(read, "tcp").sum]).toEqual([[], "pseudo"]);
  });

  test("beyond 64 KiB where the device allows that, with a jumbo header over IPv6", () => {
    const long = { gso: "tcp", head: { ...least.head, payload: 40_000 }, members: [{ payload: 40_000 }, {}] } as const;
    const ipv4 = arrived({ ...long, gro: { big: true } });
    expect([ipv4.packets, ipv4.gro.delivered[0]?.frame.length]).toEqual([["TCPV4 0,1,2"], 54 + 80_100]);
    const ipv6 = arrived({ ...long, family: "ipv6", gro: { big: true } });
    expect(ipv6.packets).toEqual(["TCPV6 0,1,2"]);
    expect(namesIn(readFrame(ipv6.gro.delivered[0]?.frame ?? new Uint8Array()))).toBe("eth ipv6 jumbo tcp");
    expect(arrived(long).packets).toEqual(["none 0", "TCPV4 1,2"]);
  });

  test("a pure acknowledgement is not held, and lets go what is", () => {
    const { packets, results } = arrived({ gso: "tcp", members: [{}, { payload: 0 }, {}] });
    expect([packets, results]).toEqual([["TCPV4 0,1", "none 2", "none 3"], "held merged normal held"]);
  });
});

describe("frames that nobody merges", () => {
  test("SCTP, and whatever is in labels or service headers, come as they are", () => {
    const tunnel = (kind: TunnelRecipe["kind"]) => [{ ...leastOf(schema.tunnel), kind }];
    expect(arrived({ gso: "sctp" }).packets).toEqual(APART);
    expect(arrived({ gso: "tcp", tunnels: tunnel("mpls") }).packets).toEqual(APART);
    expect(arrived({ gso: "tcp", tunnels: tunnel("nsh") }).packets).toEqual(APART);
  });
});

describe("tunnels", () => {
  const inside = (kind: TunnelRecipe["kind"], more: Drawn = {}, checksum = false, family: "ipv4" | "ipv6" = "ipv4") =>
    arrived({ gso: "tcp", tunnels: [{ kind, family, checksum, remcsum: false }], ...more });

  test.each([
    ["vxlan", "TCPV4 UDP_TUNNEL", "TCPV4 UDP_TUNNEL_CSUM"],
    ["gre", "TCPV4 GRE", "TCPV4 GRE_CSUM"],
    ["gre-ip", "TCPV4 GRE", "TCPV4 GRE_CSUM"],
    ["ip", "TCPV4 IPXIP4", "TCPV4 IPXIP4"],
  ] as const)("TCP in %s is merged, with and without outer checksum", (kind, without, withSum) => {
    for (const [checksum, type] of [
      [false, without],
      [true, withSum],
    ] as const) {
      const { packets, gro } = inside(kind, {}, checksum);
      expect(packets).toEqual(MERGED(type));
      expect(gro.delivered[0]?.view.encapsulation).toBe(true);
      expect(readFrame(gro.delivered[0]?.frame ?? new Uint8Array()).wrong).toEqual([]);
    }
  });

  test("over IPv6 too, and with IPv6 inside", () => {
    expect(inside("vxlan", { family: "ipv6" }, true, "ipv6").packets).toEqual(MERGED("TCPV6 UDP_TUNNEL_CSUM"));
    expect(inside("ip", { family: "ipv6" }, false, "ipv6").packets).toEqual(MERGED("TCPV6 IPXIP6"));
    expect(inside("ip", { family: "ipv6" }).packets).toEqual(MERGED("TCPV6 IPXIP4"));
  });

  test("flows inside keep apart, and their outer checksums are right", () => {
    const { packets, gro } = inside("vxlan", { members: [{ flow: 1 }, {}, { flow: 1 }] }, true);
    expect(packets.toSorted()).toEqual(["TCPV4 UDP_TUNNEL_CSUM 0,2", "TCPV4 UDP_TUNNEL_CSUM 1,3"]);
    for (const { bytes } of gro.frames) {
      expect(readFrame(bytes).headers.flatMap(({ sum }) => sum ?? [])).toEqual(["ok", "ok"]);
    }
  });

  test("an odd frame inside is the only one that is not merged", () => {
    const { packets } = inside("gre", { family: "ipv6", members: [{ odd: "ack" }, {}] }, true);
    expect(packets).toEqual(["none 0", "none 1", "none 2"]);
    const bad = { family: "ipv6", members: [{ odd: "bad-checksum" }, {}] } as const;
    const datagrams = { ...bad, gso: "udp-l4", gro: { fraglist: true } } as const;
    expect(inside("vxlan", datagrams, false, "ipv6").packets).toEqual(["none 1", "UDP_TUNNEL UDP_L4 FRAGLIST 0,2"]);
  });

  test("inside another tunnel are left alone", () => {
    const ip = { ...leastOf(schema.tunnel), kind: "ip" } as const;
    expect(arrived({ gso: "tcp", tunnels: [ip, ip] }).packets).toEqual(APART);
  });
});

describe("a tap that polls", () => {
  test.each(["udp-l4", "tcp"] as const)("merges a batch of %s within one poll", (gso) => {
    const { packets, results } = arrived({ gso, arrival: "tap-napi", gro: { udpForwarding: true } });
    expect([packets, results]).toEqual([
      MERGED(gso === "tcp" ? "TCPV4" : "UDP_L4"),
      "held merged_free merged_free merged_free",
    ]);
  });

  test("believes no checksum state but one that is left for later", () => {
    const states = (checksum: PacketRecipe["checksum"]) =>
      arrived({ arrival: "tap-napi", checksum }).gro.frames.map(({ ipSummed }) => ipSummed)[0];
    expect(["unnecessary", "complete", "partial"].map((one) => states(one as PacketRecipe["checksum"]))).toEqual([
      CHECKSUM_NONE,
      CHECKSUM_NONE,
      CHECKSUM_PARTIAL,
    ]);
    expect(arrived({ arrival: "tap-napi", gso: "tcp", members: [{ odd: "bad-checksum" }, {}] }).packets).toEqual([
      "none 1",
      "none 0",
      "none 2",
    ]);
  });

  test("takes more frames than a poll has budget for", () => {
    const { packets, results } = arrived({ arrival: "tap-napi", gso: "tcp", members: members(64) });
    expect(packets).toEqual([`TCPV4 ${Array.from({ length: 64 }, (_, i) => i).join(",")}`, "none 64"]);
    expect(results.split(" ").filter((one) => one === "held")).toHaveLength(2);
  });
});

describe("a tap that takes fragments", () => {
  test("merges frames written one by one while its timer runs", () => {
    const layout = { paged: 60, frags: 1 };
    const { packets, results, shape } = arrived({
      gso: "tcp",
      arrival: "tap-frags",
      head: { ...least.head, payload: 100, ...layout },
      members: members(3, layout),
    });
    expect([packets, results]).toEqual([MERGED("TCPV4"), "taken taken taken taken"]);
    expect(shape).toBe(
      "linear 80 | frags 60 | list [linear 40 | frags 60, linear 40 | frags 60, linear 40 | frags 60]",
    );
  });

  test("refuses too many of them, and too long ones; the others come through", () => {
    const long = { payload: 5000, paged: 5000, frags: 1 };
    const { packets, gro } = arrived({ gso: "tcp", arrival: "tap-frags", members: [long, {}] });
    expect([packets, gro.frames.map(({ result }) => result)]).toEqual([
      ["none 0", "none 2"],
      ["taken", "EINVAL", "taken"],
    ]);
  });

  test("that refuses the first frame has no packet", () => {
    const { skb, errno, gro } = arrived({
      arrival: "tap-frags",
      head: { ...least.head, payload: 5000, paged: 5000 },
      members: members(1),
    });
    expect([skb, errno, gro.followed, gro.delivered.map(({ made }) => made)]).toEqual([null, "EINVAL", -1, [[1]]]);
  });
});

describe("what goes on", () => {
  test("is at its network header, the outermost tag taken out of the frame", () => {
    const tagged = arrived({ gso: "tcp", vlan: [{ tpid: "802.1Q", tci: 5 }] });
    expect([tagged.packets, tagged.offsets]).toEqual([MERGED("TCPV4"), [14, 14, 14]]);
    expect(tagged.bytes[0]).toBe(0x45);
    const twice = arrived({
      gso: "tcp",
      vlan: [
        { tpid: "802.1ad", tci: 5 },
        { tpid: "802.1Q", tci: 6 },
      ],
    });
    expect([twice.packets, twice.offsets, twice.bytes[1]]).toEqual([MERGED("TCPV4"), [14, 14, 14], 6]);
  });

  test("a tag that cannot be taken out ends the packet", () => {
    const world = new World(new Memory(), mainline.seams);
    const plan = planPacket({ ...least, arrival: "gro", vlan: [{ tpid: "802.1Q", tci: 5 }] });
    const { allocations } = (() => {
      const dry = new World(new Memory(), mainline.seams);
      dry.mem.startCounting([]);
      kfreeSkb(arriveOneByOne(dry, plan).skb);
      return dry.mem;
    })();
    expect(allocations).toBeGreaterThan(0);
    world.mem.startCounting([allocations + 1]);
    const { skb } = arriveOneByOne(world, plan);
    expect(skb).not.toBeNull();
    kfreeSkb(skb);
  });
});

test("a frame that finds no memory is lost alone", () => {
  const world = new World(new Memory(), mainline.seams);
  const plan = planPacket({
    ...least,
    arrival: "gro",
    gso: "tcp",
    members: [{ ...leastOf(schema.member), payload: 1 }],
  });
  world.mem.startCounting([1]);
  const { skb, errno, gro } = arriveOneByOne(world, plan);
  expect([skb, errno, gro.frames.map(({ result }) => result)]).toEqual([null, "ENOMEM", ["ENOMEM", "held"]]);
  expect(alive(world.mem)).toEqual(NOTHING_ALIVE);
});

test("a complete sum is that of all bytes behind the link header", () => {
  const world = new World(new Memory(), mainline.seams);
  const plan = planPacket({ ...least, arrival: "gro", checksum: "complete" });
  const { skb } = arriveOneByOne(world, plan);
  expect(skb?.ipSummed).toBe(CHECKSUM_COMPLETE);
  if (skb !== null) expect(skb.csum).toBe(skbChecksum(skb, 0, skb.len, 0));
  kfreeSkb(skb);
});

test("every frame of a plan has headers where it says", () => {
  const kinds = ["nothing", "vlan", "options", "padding"] as const;
  const drawn = kinds.map((odd) => ({ ...leastOf(schema.member), payload: 9, odd }));
  const plan = planPacket({ ...least, family: "ipv4", arrival: "gro", gso: "tcp", members: drawn });
  for (const { bytes, transport, payloadAt, payload, at } of framesOf(plan)) {
    const read = readFrame(bytes.subarray(0, payloadAt + payload));
    expect([read.wrong, lastOf(read, "tcp").at, read.payloadAt]).toEqual([[], transport, payloadAt]);
    expect(bytes.subarray(payloadAt, payloadAt + payload)).toEqual(plan.payload.subarray(at, at + payload));
  }
});
