import { describe, expect, test } from "vitest";
import { CHECKSUM_PARTIAL, gsoTypeNames } from "../../abi/features.js";
import { hex } from "../../bytes/hexdump.js";
import { type PacketRecipe, type Recipe, schema, type TunnelRecipe } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { type Drawn, datagrams, head, mac, members, names, ran, sums, tag, wrong } from "./testing/loneHolder.js";
import { u16, u32 } from "./testing/readFrame.js";

const AGGREGATES: readonly (readonly [string, Drawn])[] = [
  ["a UDP aggregate", { gso: "udp-l4", gsoSize: 100, checksum: "partial", head: head(301) }],
  ["a UDP list", { gso: "fraglist", head: head(100), members: members(100, 40) }],
  ["a TCP aggregate", { gso: "tcp", gsoSize: 100, checksum: "partial", head: head(301, { paged: 300, frags: 3 }) }],
  ["a TCP list", { gso: "tcp-fraglist", head: head(100), members: members(100, 40) }],
  ["an SCTP packet", { gso: "sctp", checksum: "partial", members: members(40, 80) }],
  ["a plain packet", { gso: "none", checksum: "partial", head: head(301) }],
];
const FAMILIES = ["ipv4", "ipv6"] as const;
const HOLDING: Partial<PacketRecipe["head"]> = { state: true };

describe("forwarded by a router", () => {
  test.each(AGGREGATES)("%s leaves as its datagrams, one hop on", (_name, drawn) => {
    for (const family of FAMILIES) {
      const packet = { ...drawn, family, owner: "sender", head: { ...head(100), ...drawn.head, ...HOLDING } } as const;
      const { run, holder, reads, frames, payloads } = ran("route", packet);
      expect([holder.outcome, holder.dropReason, wrong(reads)]).toEqual(["sent", "", []]);
      expect(payloads).toEqual(datagrams(run));
      const transport = drawn.gso === "sctp" ? "sctp" : drawn.gso?.startsWith("tcp") ? "tcp" : "udp";
      expect([names(reads), sums(reads, transport)]).toEqual([
        [`eth ${family} ${transport}`],
        [transport === "sctp" ? undefined : "ok"],
      ]);
      for (const [i, frame] of frames.entries()) {
        expect([mac(frame, 0), mac(frame, 6)]).toEqual(["0200000000cc", "0200000000bb"]);
        // Members of a list keep the network headers they came with.
        const isMember = i > 0 && drawn.gso?.endsWith("fraglist");
        expect(frame[family === "ipv4" ? 22 : 21]).toBe(isMember ? 64 : 63);
      }
    }
  });

  test("a device that cuts gets it whole", () => {
    const { frames, holder } = ran(
      "route",
      { gso: "tcp", gsoSize: 100, checksum: "partial", head: head(301) },
      { sg: true, checksum: "hw", tso: true },
    );
    expect([frames.length, holder.frames[0]?.view.shinfo.gsoSize]).toEqual([1, 100]);
  });

  test("tags are taken off first, whether in the frame or beside it", () => {
    for (const arrival of ["stack", "tap", "gro"] as const) {
      for (const acceleratedVlan of [false, true]) {
        const vlan = [tag(5), { tpid: "802.1ad", tci: 6 }] as const;
        const { run, reads, holder, payloads } = ran("route", {
          gso: "none",
          arrival,
          vlan,
          acceleratedVlan,
          head: head(50),
        });
        expect([holder.outcome, names(reads), wrong(reads), payloads]).toEqual([
          "sent",
          ["eth ipv6 udp"],
          [],
          datagrams(run),
        ]);
        expect(holder.frames.map(({ view }) => view.vlanProto)).toEqual([0]);
      }
    }
  });

  test("a tunnel packet is forwarded by its outer header", () => {
    const tunnel = { ...leastOf(schema.tunnel), kind: "vxlan", checksum: true } as const;
    const { run, reads, payloads, holder } = ran("route", {
      gso: "tcp",
      gsoSize: 100,
      checksum: "partial",
      head: head(301),
      tunnels: [tunnel],
    });
    expect([holder.outcome, names(reads), wrong(reads)]).toEqual(["sent", ["eth ipv4 udp vxlan eth ipv6 tcp"], []]);
    expect([payloads, sums(reads, "tcp"), reads.map(({ headers }) => headers[2]?.sum)]).toEqual([
      datagrams(run),
      ["ok"],
      ["ok", "ok", "ok", "ok"],
    ]);
  });

  test("segments that are too long for the way are cut into fragments, or refused where that is forbidden", () => {
    const long = { gso: "none", family: "ipv4", head: head(2000) } as const;
    const cut = ran("route", long, { mtu: 1500 });
    expect([cut.holder.outcome, cut.frames.map((frame) => u16(frame, 20))]).toEqual(["sent", [0x2000, 1480 / 8]]);
    const refused = ran("route", { ...long, dontFragment: true }, { mtu: 1500 });
    expect([refused.holder.outcome, refused.holder.dropReason]).toEqual(["dropped", "PKT_TOO_BIG"]);
    expect(ran("route", { ...long, family: "ipv6" }, { mtu: 1500 }).holder.dropReason).toBe("PKT_TOO_BIG");
    expect(ran("route", { ...long, gso: "tcp", gsoSize: 100, checksum: "partial" }, { mtu: 1500 }).holder.outcome).toBe(
      "sent",
    );
  });

  test.each<[string, Drawn, string]>([
    ["a hop limit that is used up", { hopLimit: 1 }, "IP_INHDR"],
    ["a group, which nobody joined", { cast: "multicast", family: "ipv4" }, "IP_INADDRERRORS"],
    ["labels", { tunnels: [{ ...leastOf(schema.tunnel), kind: "mpls" }] }, "no protocol"],
  ])("%s: nothing leaves, errors go back where the packet came from", (_name, drawn, reason) => {
    for (const family of FAMILIES) {
      const { holder } = ran("route", { family, ...drawn });
      expect([holder.outcome, holder.dropReason, holder.frames]).toEqual(["dropped", reason, []]);
    }
  });

  test("a packet of another address comes back too", () => {
    const { holder } = ran("route", { hopLimit: 1 }, {}, { middle: [{ do: "nat-source", bytes: 0 }] });
    expect([holder.outcome, holder.dropReason, holder.frames]).toEqual(["dropped", "IP_INHDR", []]);
  });

  test("without memory the packet is lost, and that is said", () => {
    for (let nth = 1; nth < 4; nth++) {
      const { holder, run } = ran(
        "route",
        { gso: "tcp", gsoSize: 100, checksum: "partial", head: head(301, { headroom: 0 }) },
        {},
        { failures: [nth] },
      );
      if (run.allocations >= nth) expect([holder.outcome, holder.dropReason === ""]).toEqual(["dropped", false]);
    }
  });

  test("what the device refuses is told", () => {
    const bad = {
      gso: "udp-l4",
      gsoSize: 100,
      checksum: "partial",
      checksumStart: 8,
      dodgy: true,
      head: head(301),
    } as const;
    const { holder } = ran("route", bad);
    expect([holder.outcome, holder.dropReason]).toEqual(["dropped", "gso-segment"]);
    expect(ran("port", bad).holder.dropReason).toBe("gso-segment");
  });
});

describe("through a VXLAN device", () => {
  test.each(AGGREGATES.filter(([name]) => !name.endsWith("list")))(
    "%s leaves as its datagrams, each in a tunnel packet",
    (_name, drawn) => {
      for (const family of FAMILIES) {
        for (const checksumLevel of [0, 1]) {
          const packet = {
            ...drawn,
            family,
            checksumLevel,
            owner: "sender",
            head: { ...head(100), ...drawn.head, ...HOLDING },
          } as const;
          const { run, reads, payloads, frames, holder } = ran("vxlan", packet);
          expect([holder.outcome, holder.dropReason, wrong(reads)]).toEqual(["sent", "", []]);
          const transport = drawn.gso === "sctp" ? "sctp" : drawn.gso === "tcp" ? "tcp" : "udp";
          expect(names(reads)).toEqual([`eth ${family} udp vxlan eth ${family} ${transport}`]);
          expect([payloads, sums(reads, transport)]).toEqual([
            datagrams(run),
            [transport === "sctp" ? undefined : "ok"],
          ]);
          for (const [i, { headers }] of reads.entries()) {
            const at = headers[2]?.at ?? 0;
            expect(headers[2]?.sum).toBe(checksumLevel === 0 ? "ok" : "zero");
            expect([u16(frames[i] as Uint8Array, at), u16(frames[i] as Uint8Array, at + 2)]).toEqual([50_000, 4789]);
            expect(u32(frames[i] as Uint8Array, at + 12) >>> 8).toBe(42);
          }
        }
      }
    },
  );

  test("lists go out in IPv4, where members have room for that", () => {
    for (const gso of ["fraglist", "tcp-fraglist"] as const) {
      const { run, reads, payloads } = ran("vxlan", {
        gso,
        family: "ipv4",
        head: head(100),
        members: members(100, 40),
      });
      expect([wrong(reads), payloads]).toEqual([[], datagrams(run)]);
    }
  });

  test("the outer addresses are those of the tunnel's ends", () => {
    const { frames } = ran("vxlan", { gso: "none", family: "ipv4" });
    expect(hex((frames[0] as Uint8Array).subarray(26, 34))).toBe("c0000201c0000202");
  });

  test("a device that cuts tunnel packets gets it whole", () => {
    const device = { sg: true, checksum: "hw", tso: true, encapsulation: true } as const;
    const { holder } = ran("vxlan", { gso: "tcp", gsoSize: 100, checksum: "partial", head: head(301) }, device);
    const view = holder.frames[0]?.view;
    expect([holder.frames.length, gsoTypeNames(view?.shinfo.gsoType ?? 0), view?.encapsulation]).toEqual([
      1,
      "TCPV6 UDP_TUNNEL_CSUM",
      true,
    ]);
  });

  test("tags go inside", () => {
    const { reads } = ran("vxlan", { gso: "none", vlan: [tag(5)], acceleratedVlan: true });
    expect(names(reads)).toEqual(["eth ipv6 udp vxlan eth vlan vlan ipv6 udp"]);
  });

  test("a packet that is too long for the way is refused or cut", () => {
    const long = { gso: "none", head: head(1460) } as const;
    expect(ran("vxlan", long, { mtu: 1500 }).holder.dropReason).toBe("PKT_TOO_BIG");
    expect(
      ran("vxlan", { ...long, family: "ipv4" }, { mtu: 1500 }).frames.map((frame) => u16(frame, 20) & 0x2000),
    ).toEqual([0x2000, 0]);
  });
});

describe("through a veth pair", () => {
  test.each(AGGREGATES)("%s is cut, merged again where the far end may, and cut for the port", (_name, drawn) => {
    for (const family of FAMILIES) {
      for (const gro of [{}, { udpForwarding: true }]) {
        const packet = { ...drawn, family, gro, head: { ...head(100), ...drawn.head, ...HOLDING } };
        const { run, reads, payloads, holder } = ran("veth", packet);
        expect([holder.outcome, holder.dropReason, wrong(reads)]).toEqual(["sent", "", []]);
        expect(payloads).toEqual(datagrams(run));
        const transport = drawn.gso === "sctp" ? "sctp" : drawn.gso?.startsWith("tcp") ? "tcp" : "udp";
        expect([names(reads), sums(reads, transport)]).toEqual([
          [`eth ${family} ${transport}`],
          [transport === "sctp" ? undefined : "ok"],
        ]);
      }
    }
  });

  test("chained at the far end, segments whose checksums were left for later are still that", () => {
    const drawn = {
      gso: "udp-l4",
      gsoSize: 100,
      checksum: "partial",
      head: head(301),
      gro: { fraglist: true },
    } as const;
    const { run, reads, payloads, holder } = ran("veth", drawn, { checksum: "hw" });
    expect([wrong(reads), payloads, sums(reads, "udp")]).toEqual([[], datagrams(run), ["pseudo"]]);
    expect(holder.frames.map(({ view }) => view.ipSummed)).toEqual(reads.map(() => CHECKSUM_PARTIAL));
  });

  test("a packet that its sender is charged for crosses with the charge", () => {
    const { run } = ran("veth", { gso: "udp-l4", gsoSize: 100, checksum: "partial", owner: "sender", head: head(301) });
    expect(run.accounts.quiescent.map(({ wmemAlloc, chargedTruesize }) => wmemAlloc - chargedTruesize)).toEqual([1]);
  });

  test("is merged again at the far end: a port that cuts gets one packet", () => {
    const able = { sg: true, checksum: "hw", tso: true, udpL4: true, fraglist: true } as const;
    const tcp = { gso: "tcp", gsoSize: 100, checksum: "partial", head: head(301) } as const;
    const types = (drawn: Drawn) =>
      ran("veth", drawn, able).holder.frames.map(
        ({ view }) => `${gsoTypeNames(view.shinfo.gsoType)} ${view.shinfo.gsoSegs}`,
      );
    expect(types(tcp)).toEqual(["TCPV6 4"]);
    expect(types({ ...tcp, gso: "udp-l4", gro: { udpForwarding: true } })).toEqual(["UDP_L4 4"]);
    expect(types({ ...tcp, gso: "udp-l4" })).toEqual(["none 0", "none 0", "none 0", "none 0"]);
  });

  test("the pair is as wide as the port", () => {
    const long = { gso: "none", head: head(2000) } as const;
    expect(ran("veth", long, { mtu: 65_535 }).holder.outcome).toBe("sent");
    expect(ran("veth", long, { mtu: 1500 }).holder).toMatchObject({
      outcome: "dropped",
      dropReason: "not-forwardable",
    });
  });

  test("tags go along", () => {
    const { reads, holder } = ran("veth", { gso: "none", vlan: [tag(5)] });
    expect([holder.outcome, names(reads), wrong(reads)]).toEqual(["sent", ["eth vlan ipv6 udp"], []]);
  });

  test("the near end refuses what cannot be cut", () => {
    const bad = {
      gso: "udp-l4",
      gsoSize: 100,
      checksum: "partial",
      checksumStart: 8,
      dodgy: true,
      head: head(301),
    } as const;
    expect(ran("veth", bad).holder).toMatchObject({ outcome: "dropped", dropReason: "gso-segment" });
  });
});

describe("to this very host", () => {
  const socket = leastOf(schema.socket);
  const listening = (accepts: (typeof socket)["accepts"]): Partial<Recipe> => ({
    holders: [{ ...leastOf(schema.holder), exit: "loopback", sockets: [{ ...socket, accepts }] }],
  });
  const heard = (drawn: Drawn, accepts: (typeof socket)["accepts"] = "nothing") => {
    const { run, holder } = ran("loopback", drawn, {}, listening(accepts));
    const got = holder.sockets.flatMap((one) =>
      one.datagrams.map(({ payload }) => hex(payload ?? new Uint8Array(), 100_000)),
    );
    return { run, holder, got };
  };
  const UDP = AGGREGATES.filter(([name]) => /UDP|plain/.test(name));

  test.each(UDP)("%s comes to a socket as its datagrams", (_name, drawn) => {
    for (const cast of ["unicast", "multicast", "loopback"] as const) {
      for (const family of FAMILIES) {
        const packet = {
          ...drawn,
          family,
          cast,
          owner: "sender",
          head: { ...head(100), ...drawn.head, ...HOLDING },
        } as const;
        const { run, holder, got } = heard(packet);
        expect([holder.outcome, holder.dropReason, got]).toEqual(["delivered", "", datagrams(run)]);
      }
    }
  });

  test("a socket that takes aggregates gets it whole", () => {
    const drawn = { gso: "udp-l4", gsoSize: 100, checksum: "partial", head: head(301) } as const;
    for (const cast of ["unicast", "multicast"] as const) {
      const { run, got } = heard({ ...drawn, cast }, "l4");
      expect(got).toEqual([hex(Buffer.concat(run.packet.datagrams), 100_000)]);
    }
  });

  test("tags of the packet are gone when it is heard", () => {
    for (const arrival of ["stack", "tap"] as const) {
      for (const cast of ["unicast", "multicast"] as const) {
        for (const vlan of [[tag(5)], [tag(5), tag(6)]]) {
          const { run, got, holder } = heard({
            gso: "none",
            arrival,
            cast,
            vlan,
            acceleratedVlan: arrival === "stack",
          });
          expect([holder.outcome, got]).toEqual(["delivered", datagrams(run)]);
        }
      }
    }
  });

  test("of a packet for nobody it is said why it is dropped", () => {
    expect(heard({ gso: "tcp" }).holder).toMatchObject({ outcome: "dropped", dropReason: "no-udp" });
    const bad = {
      gso: "udp-l4",
      gsoSize: 100,
      checksum: "partial",
      checksumStart: 8,
      dodgy: true,
      head: head(301),
    } as const;
    expect(heard(bad).holder).toMatchObject({ outcome: "dropped", dropReason: "gso-segment" });
  });
});

describe("the exits that were there before", () => {
  const tunnels: TunnelRecipe[] = [{ ...leastOf(schema.tunnel), kind: "ip", family: "ipv4" }];

  test("a local delivery takes tags off, and leaves a packet's protocol alone", () => {
    const delivered = (drawn: Drawn, middle: Recipe["middle"] = []) => ran("local", drawn, {}, { middle }).holder;
    expect(delivered({ vlan: [tag(1)] }).outcome).toBe("delivered");
    // A translated packet is no longer of the family that it was drawn with.
    const translated = delivered({ gso: "none", family: "ipv4", head: head(20) }, [{ do: "translate", bytes: 0 }]);
    expect([translated.outcome, translated.entered?.protocol]).toEqual(["delivered", 0x86dd]);
    expect(translated.sockets[0]?.datagrams.map(({ payload }) => payload?.length)).toEqual([20]);
    const tunnelled = delivered({ gso: "none", tunnels, vlan: [tag(1)] });
    expect([tunnelled.outcome, tunnelled.entered?.protocol]).toEqual(["dropped", 0x0800]);
  });

  test("a port sends a packet that is partly checked as it is where the device completes it", () => {
    const { holder } = ran("port", { gso: "none", checksum: "partial" }, { checksum: "hw" });
    expect(holder.frames.map(({ view }) => view.ipSummed)).toEqual([CHECKSUM_PARTIAL]);
  });
});
