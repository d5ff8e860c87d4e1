import { describe, expect, test } from "vitest";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, gsoTypeNames } from "../../abi/features.js";
import { type MemberRecipe, type MiddleRecipe, schema, type TunnelRecipe } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { kfreeSkb } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { alive, failAllocations, NOTHING_ALIVE, reportsOf } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { doMiddleStep } from "./middle.js";
import { type Drawn, dealt, frameOf, head, packet, step } from "./testing/dealt.js";
import { lastOf, namesIn, readFrame, u16 } from "./testing/readFrame.js";
import type { World } from "./World.js";

const member = (payload: number, more: Partial<MemberRecipe> = {}): MemberRecipe => ({
  ...leastOf(schema.member),
  payload,
  ...more,
});

/** One checksum state for each way in which it can be handled; what a reader finds in the field then. */
const STATES = [
  ["none", "ok"],
  ["unnecessary", "ok"],
  ["complete", "ok"],
  ["partial", "pseudo"],
] as const;
const TRANSPORTS = ["udp", "tcp"] as const;
const plainGso = { udp: "none", tcp: "tcp" } as const;

describe("translation between the families", () => {
  test.each(STATES)("a datagram and a segment in checksum state %s: there, and back", (checksum, sum) => {
    for (const transport of TRANSPORTS) {
      const drawn = { gso: plainGso[transport], gsoSize: 400, checksum, hopLimit: 9, trafficClass: 0x5a } as const;
      for (const family of ["ipv4", "ipv6"] as const) {
        const other = family === "ipv4" ? "ipv6" : "ipv4";
        const there = dealt({ ...drawn, family }, step("translate"));
        expect([there.results, there.sumFits]).toEqual([["ok"], true]);
        const found = readFrame(there.frame);
        expect([found.wrong, namesIn(found), lastOf(found, transport).sum]).toEqual([
          [],
          `eth ${other} ${transport}`,
          sum,
        ]);
        expect(there.frame.subarray(found.payloadAt)).toEqual(there.plan.payload);
        expect(there.protocol).toBe(other === "ipv6" ? ETH_P_IPV6 : ETH_P_IP);

        const back = dealt({ ...drawn, family }, step("translate"), step("translate"));
        const again = readFrame(back.frame);
        expect([back.results, back.sumFits, again.wrong]).toEqual([["ok", "ok"], true, []]);
        expect([namesIn(again), lastOf(again, transport).sum]).toEqual([`eth ${family} ${transport}`, sum]);
      }
    }
  });

  test("hop limit and traffic class are carried over, fragments stay forbidden", () => {
    const drawn = { hopLimit: 9, trafficClass: 0x5a } as const;
    const ipv4 = dealt({ ...drawn, family: "ipv6" }, step("translate")).frame;
    expect([ipv4[15], ipv4[22], u16(ipv4, 20)]).toEqual([0x5a, 9, 0x4000]);
    const ipv6 = dealt({ ...drawn, family: "ipv4" }, step("translate")).frame;
    expect([u16(ipv6, 14), ipv6[21]]).toEqual([0x65a0, 9]);
  });

  test("a TCP aggregate changes its type and is marked", () => {
    const drawn = { gso: "tcp", gsoSize: 100, checksum: "partial" } as const;
    expect(dealt({ ...drawn, family: "ipv4" }, step("translate")).shape).toBe("DODGY TCPV6 100 4");
    expect(dealt({ ...drawn, family: "ipv6" }, step("translate")).shape).toBe("TCPV4 DODGY 100 4");
  });

  test("a list's head alone is translated, and it is marked", () => {
    const drawn = { gso: "fraglist", family: "ipv4", head: head(100), members: [member(100), member(40)] } as const;
    const { shape, frame, results } = dealt(drawn, step("translate"));
    expect([results, shape, namesIn(readFrame(frame))]).toEqual([
      ["ok"],
      "DODGY UDP_L4 FRAGLIST 100 3",
      "eth ipv6 udp",
    ]);
  });

  const tunnels = [{ ...leastOf(schema.tunnel), kind: "ip" }] as const;
  test.each<[string, Drawn]>([
    ["IPv4 options", { family: "ipv4", optionWords: 1 }],
    ["extension headers", { extensions: [{ kind: "destination", units: 0 }] }],
    ["a datagram without a checksum", { zeroChecksum: true }],
    ["tags", { vlan: [{ tpid: "802.1Q", tci: 1 }] }],
    ["tunnels", { tunnels, checksum: "partial" }],
    ["SCTP", { gso: "sctp" }],
  ])("%s: left alone", (_name, drawn) => {
    const untouched = dealt(drawn);
    const { results, frame } = dealt(drawn, step("translate"));
    expect([results, frame]).toEqual([["not applicable"], untouched.frame]);
  });

  test.each(["ipv4", "ipv6"] as const)("%s where there is no memory: ENOMEM, and the packet as it was", (family) => {
    const { world, skb } = packet({ family, head: head(20, { headroom: 0 }) });
    const clone = dealtClone(world, skb);
    const before = frameOf(skb);
    failAllocations(world.mem, 1);
    expect([doMiddleStep(world, skb, step("translate")), frameOf(skb)]).toEqual(["ENOMEM", before]);
    freeAll(world, skb, clone);
  });
});

/** A clone that somebody keeps, so that whoever writes needs memory. */
function dealtClone(world: World, skb: SkBuff): SkBuff {
  expect(doMiddleStep(world, skb, step("clone"))).toBe("ok");
  return world.kept.pop() as SkBuff;
}
function freeAll(world: World, ...skbs: readonly SkBuff[]): void {
  for (const skb of skbs) kfreeSkb(skb);
  expect([reportsOf(world.mem), alive(world.mem)]).toEqual([[], NOTHING_ALIVE]);
}

describe("room for an outer header", () => {
  const tcp = { gso: "tcp", gsoSize: 100, checksum: "partial" } as const;

  test("holds an IPv4 header around either family", () => {
    for (const family of ["ipv4", "ipv6"] as const) {
      for (const transport of TRANSPORTS) {
        const { results, frame, encapsulation, protocol } = dealt(
          { family, gso: plainGso[transport] },
          step("adjust-room"),
        );
        const found = readFrame(frame);
        expect([results, found.wrong, namesIn(found)]).toEqual([["ok"], [], `eth ipv4 ${family} ${transport}`]);
        expect([encapsulation, protocol, lastOf(found, transport).sum]).toEqual([true, ETH_P_IP, "ok"]);
      }
    }
  });

  test("is taken from the segments of TCP, or not", () => {
    const smaller = dealt(tcp, step("adjust-room"));
    expect([smaller.results, smaller.shape]).toEqual([["ok"], "DODGY TCPV6 IPXIP4 80 0"]);
    const same = dealt(tcp, step("adjust-room-fixed"));
    expect([same.results, same.shape]).toEqual([["ok"], "DODGY TCPV6 IPXIP4 100 0"]);
    for (const { innerNetworkHeader, innerTransportHeader, transportHeader, macHeader, networkHeader } of [
      smaller,
      same,
    ]) {
      const offsets = [networkHeader, innerNetworkHeader, innerTransportHeader, transportHeader];
      expect(offsets.map((offset) => offset - macHeader)).toEqual([14, 34, 74, 74]);
    }
  });

  test("datagrams keep their size, and other aggregates are refused", () => {
    const udp = { gso: "udp-l4", gsoSize: 100 } as const;
    expect(dealt(udp, step("adjust-room")).results).toEqual(["ENOTSUPP"]);
    expect(dealt(udp, step("adjust-room-fixed"))).toMatchObject({
      results: ["ok"],
      shape: "DODGY IPXIP4 UDP_L4 100 0",
    });
    const ufo = dealt({ gso: "ufo", gsoSize: 100 }, step("adjust-room-fixed"));
    expect([ufo.results, namesIn(readFrame(ufo.frame)), ufo.data - ufo.macHeader]).toEqual([
      ["ENOTSUPP"],
      "eth ipv6 udp",
      14,
    ]);
  });

  test("segments that are no longer than the header stay as they are", () => {
    expect(dealt({ ...tcp, gsoSize: 20 }, step("adjust-room"))).toMatchObject({
      results: ["not applicable"],
      shape: "TCPV6 20 16",
    });
    expect(dealt({ ...tcp, gsoSize: 21 }, step("adjust-room")).shape).toBe("DODGY TCPV6 IPXIP4 1 0");
  });

  test("is made once, and not behind tags", () => {
    expect(dealt({}, step("adjust-room"), step("adjust-room")).results).toEqual(["ok", "not applicable"]);
    expect(dealt({ vlan: [{ tpid: "802.1Q", tci: 1 }] }, step("adjust-room")).results).toEqual(["not applicable"]);
  });

  test("a sum over the whole packet stays right", () => {
    expect(dealt({ checksum: "complete" }, step("adjust-room"))).toMatchObject({ results: ["ok"], sumFits: true });
  });

  test("without memory: ENOMEM, and the packet as it was", () => {
    const { world, skb } = packet({ ...tcp, head: head(301, { headroom: 0 }) });
    const before = frameOf(skb);
    failAllocations(world.mem, 1);
    expect([doMiddleStep(world, skb, step("adjust-room")), frameOf(skb)]).toEqual(["ENOMEM", before]);
    freeAll(world, skb);
  });
});

describe("an IP tunnel device", () => {
  test.each(STATES)("puts a header and a link header in front in checksum state %s", (checksum, sum) => {
    for (const family of ["ipv4", "ipv6"] as const) {
      for (const transport of TRANSPORTS) {
        const { results, frame, ipSummed, encapsulation, protocol } = dealt(
          {
            family,
            gso: plainGso[transport],
            checksum,
            head: head(301, { state: true, headroom: 1 }),
            owner: "sender",
          },
          step("encapsulate"),
        );
        const found = readFrame(frame);
        expect([results, found.wrong, namesIn(found)]).toEqual([["ok"], [], `eth ipv4 ${family} ${transport}`]);
        expect(lastOf(found, transport).sum).toBe(sum);
        const isPartial = checksum === "partial";
        expect([ipSummed, encapsulation, protocol]).toEqual([
          isPartial ? CHECKSUM_PARTIAL : CHECKSUM_NONE,
          isPartial,
          ETH_P_IP,
        ]);
      }
    }
  });

  test("says of an aggregate what it is in, and where its inner headers are", () => {
    const drawn = { gso: "tcp", family: "ipv4", gsoSize: 100, checksum: "partial" } as const;
    const { shape, networkHeader, innerNetworkHeader, innerTransportHeader, macHeader, data, frame } = dealt(
      drawn,
      step("encapsulate"),
    );
    expect(shape).toBe("TCPV4 IPXIP4 100 4");
    const offsets = [data, networkHeader, innerNetworkHeader, innerTransportHeader];
    expect(offsets.map((offset) => offset - macHeader)).toEqual([14, 14, 34, 54]);
    expect(readFrame(frame).wrong).toEqual([]);
  });

  test("takes no packet that is encapsulated, or behind tags", () => {
    expect(dealt({ gso: "tcp", gsoSize: 100 }, step("encapsulate"), step("encapsulate")).results).toEqual([
      "ok",
      "not applicable",
    ]);
    expect(dealt({ vlan: [{ tpid: "802.1ad", tci: 1 }] }, step("encapsulate")).results).toEqual(["not applicable"]);
  });

  test("nests where nobody looked inside", () => {
    const { results, frame } = dealt({ family: "ipv4" }, step("encapsulate"), step("encapsulate"));
    expect([results, readFrame(frame).wrong, namesIn(readFrame(frame))]).toEqual([
      ["ok", "ok"],
      [],
      "eth ipv4 ipv4 ipv4 udp",
    ]);
  });

  test("without memory: ENOMEM, and the packet as it was", () => {
    const { world, skb } = packet({ head: head(301, { headroom: 0 }) });
    const before = frameOf(skb);
    failAllocations(world.mem, 1);
    expect([doMiddleStep(world, skb, step("encapsulate")), frameOf(skb)]).toEqual(["ENOMEM", before]);
    freeAll(world, skb);
  });
});

describe("a router's hop", () => {
  test.each(["ipv4", "ipv6"] as const)("lowers the limit of %s by one and keeps the header right", (family) => {
    const { results, frame } = dealt({ family, hopLimit: 7 }, step("decrement-hop-limit"), step("decrement-hop-limit"));
    expect([results, frame[family === "ipv4" ? 22 : 21], readFrame(frame).wrong]).toEqual([["ok", "ok"], 5, []]);
  });

  test("a sum over the whole packet is given up", () => {
    const { ipSummed } = dealt({ checksum: "complete", hopLimit: 7 }, step("decrement-hop-limit"));
    expect(ipSummed).toBe(CHECKSUM_NONE);
  });

  test.each<Drawn>([{ hopLimit: 1 }, { hopLimit: 0 }, { vlan: [{ tpid: "802.1Q", tci: 1 }] }])(
    "is over for %j",
    (drawn) => {
      expect(dealt(drawn, step("decrement-hop-limit")).results).toEqual(["not applicable"]);
    },
  );

  test("writes to no header that somebody else has, and says so where it cannot help it", () => {
    const { world, skb } = packet({ family: "ipv4", hopLimit: 7 });
    const clone = dealtClone(world, skb);
    const before = frameOf(clone);
    failAllocations(world.mem, 1);
    expect(doMiddleStep(world, skb, step("decrement-hop-limit"))).toBe("ENOMEM");
    expect(doMiddleStep(world, skb, step("decrement-hop-limit"))).toBe("ok");
    expect([frameOf(clone), frameOf(skb)[22]]).toEqual([before, 6]);
    freeAll(world, skb, clone);
  });
});

describe("translation of addresses", () => {
  test.each(STATES)("source and destination in checksum state %s", (checksum, sum) => {
    for (const family of ["ipv4", "ipv6"] as const) {
      for (const transport of TRANSPORTS) {
        const drawn = { family, gso: plainGso[transport], checksum } as const;
        const { results, frame, sumFits } = dealt(drawn, step("nat-source"), step("nat-destination"));
        const found = readFrame(frame);
        const at = lastOf(found, transport).at;
        expect([results, found.wrong, lastOf(found, transport).sum, sumFits]).toEqual([["ok", "ok"], [], sum, true]);
        expect([u16(frame, at), u16(frame, at + 2)]).toEqual([4001, 5002]);
      }
    }
  });

  test("of an aggregate changes the first header, and its partial checksum fits", () => {
    const drawn = { gso: "tcp", family: "ipv4", gsoSize: 100, checksum: "partial" } as const;
    const { results, frame, shape } = dealt(drawn, step("nat-source"));
    const found = readFrame(frame);
    expect([results, found.wrong, lastOf(found, "tcp").sum, shape]).toEqual([["ok"], [], "pseudo", "TCPV4 100 4"]);
    expect([...frame.subarray(26, 30)]).toEqual([192, 0, 2, 77]);
  });

  test("of what is no IP packet: nothing to do; without memory: ENOMEM", () => {
    expect(dealt({ vlan: [{ tpid: "802.1Q", tci: 1 }] }, step("nat-source")).results).toEqual(["not applicable"]);
    const { world, skb } = packet({});
    const clone = dealtClone(world, skb);
    failAllocations(world.mem, 1);
    expect(doMiddleStep(world, skb, step("nat-destination"))).toBe("ENOMEM");
    freeAll(world, skb, clone);
  });
});

describe("primitives", () => {
  const paged = { gso: "tcp", gsoSize: 100, checksum: "partial", head: head(301, { paged: 300, frags: 3 }) } as const;

  test("a pull makes bytes behind the headers linear, as many as there are", () => {
    const linear = (bytes: number) => {
      const { tail, data, results } = dealt(paged, step("pull", bytes));
      return [results[0], tail - data - 60];
    };
    expect([linear(0), linear(150), linear(70_000)]).toEqual([
      ["ok", 1],
      ["ok", 150],
      ["ok", 301],
    ]);
    expect(dealt(paged, step("linearize"))).toMatchObject({ results: ["ok"], dataLen: 0 });
  });

  test("un-cloning and marking make the shared info the packet's own", () => {
    expect(dealt(paged, step("unclone")).results).toEqual(["ok"]);
    const { world, skb } = packet(paged);
    const clone = dealtClone(world, skb);
    expect(doMiddleStep(world, skb, step("mark-dodgy"))).toBe("ok");
    const types = [skb, clone].map((one) => gsoTypeNames(one.head.shinfo.seen().gsoType));
    expect([types, skb.head === clone.head]).toEqual([["DODGY TCPV6", "TCPV6"], false]);
    freeAll(world, skb, clone);
  });

  test("marking says nothing of a packet that is no aggregate", () => {
    expect(dealt({}, step("mark-dodgy"))).toMatchObject({ results: ["ok"], shape: "none 0 0" });
  });

  test("a clone is kept until the end", () => {
    const { results, kept, cloned } = dealt(paged, step("clone"), step("clone"));
    expect([results, kept, cloned]).toEqual([["ok", "ok"], 2, true]);
  });

  test.each<MiddleRecipe["do"]>(["clone", "pull", "linearize", "unclone", "mark-dodgy"])(
    "%s without memory: ENOMEM",
    (what) => {
      const { world, skb } = packet(paged);
      const clone = dealtClone(world, skb);
      failAllocations(world.mem, 1);
      expect(doMiddleStep(world, skb, step(what, 300))).toBe("ENOMEM");
      expect([readFrame(frameOf(skb)).wrong, readFrame(frameOf(skb)).payloadAt]).toEqual([[], 74]);
      freeAll(world, skb, clone);
    },
  );
});

test("translation looks no further than the transport header, and leaves SCTP's members alone", () => {
  const { world, skb } = packet({ gso: "sctp", members: [member(9), member(8)] });
  const { linear } = world.observer.view(skb);
  expect(doMiddleStep(world, skb, step("translate"))).toBe("not applicable");
  expect(world.observer.view(skb).linear).toEqual(linear);
  kfreeSkb(skb);
});

describe("a long packet from a tap, whose headers are not linear", () => {
  const drawn = { arrival: "tap", gso: "ufo", family: "ipv6" } as const;

  test.each(["translate", "decrement-hop-limit"] as const)("is pulled first: %s", (what) => {
    const there = dealt({ ...drawn, head: head(65_488) }, step(what));
    const found = readFrame(there.frame);
    expect([there.results, found.wrong]).toEqual([["ok"], []]);
    expect(there.frame.subarray(found.payloadAt)).toEqual(there.plan.payload);
  });
});

describe("one after the other", () => {
  const tunnel: TunnelRecipe = { ...leastOf(schema.tunnel), kind: "vxlan", checksum: true };
  test("translated, given other addresses and encapsulated, a packet is still well formed", () => {
    const steps = [step("translate"), step("nat-source"), step("decrement-hop-limit"), step("encapsulate")];
    const { results, frame } = dealt({ gso: "tcp", gsoSize: 100, checksum: "partial", hopLimit: 64 }, ...steps);
    expect([results, readFrame(frame).wrong, namesIn(readFrame(frame))]).toEqual([
      ["ok", "ok", "ok", "ok"],
      [],
      "eth ipv4 ipv4 tcp",
    ]);
  });

  test("addresses of a tunnel packet are those of the tunnel", () => {
    const { results, frame } = dealt({ gso: "tcp", gsoSize: 100, tunnels: [tunnel] }, step("nat-source"));
    expect([results, readFrame(frame).wrong, [...frame.subarray(26, 30)]]).toEqual([["ok"], [], [192, 0, 2, 77]]);
  });
});
