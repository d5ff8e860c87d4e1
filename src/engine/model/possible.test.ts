import { describe, expect, test } from "vitest";
import { type PacketRecipe, schema, type TunnelRecipe } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { possiblePacket } from "./possible.js";

const least = leastOf(schema.packet);
const member = { ...leastOf(schema.member), payload: 100 };
const tunnel = (kind: TunnelRecipe["kind"]): TunnelRecipe => ({ ...leastOf(schema.tunnel), kind });
const possible = (more: Partial<PacketRecipe>): PacketRecipe => possiblePacket({ ...least, ...more });

describe("arrival", () => {
  test.each(["fraglist", "tcp-fraglist", "sctp"] as const)("a tap knows no %s", (gso) => {
    expect(possible({ gso, arrival: "tap" }).arrival).toBe("stack");
  });

  test.each(["udp-l4", "ufo", "tcp", "none"] as const)("a tap knows %s, but not in a tunnel", (gso) => {
    expect(possible({ gso, arrival: "tap" }).arrival).toBe("tap");
    expect(possible({ gso, arrival: "tap", tunnels: [tunnel("gre-ip")] }).arrival).toBe("stack");
  });

  test.each(["gro", "tap-napi", "tap-frags"] as const)("whatever arrives one by one stays: %s", (arrival) => {
    for (const gso of ["fraglist", "tcp-fraglist", "sctp", "ufo"] as const) {
      const recipe = possible({ gso, arrival, tunnels: [tunnel("vxlan")], members: [member] });
      expect([recipe.arrival, recipe.members.length]).toEqual([arrival, 1]);
    }
  });

  test("what arrives one by one was not looped back", () => {
    expect(possible({ cast: "loopback", arrival: "gro" }).cast).toBe("unicast");
    expect(possible({ cast: "loopback" }).cast).toBe("loopback");
  });
});

describe("tunnels", () => {
  const kept = (...kinds: TunnelRecipe["kind"][]): string =>
    possible({ gso: "tcp", tunnels: kinds.map(tunnel) })
      .tunnels.map(({ kind }) => kind)
      .join(" ");

  test("at most one over UDP or GRE, outermost", () => {
    expect(kept("vxlan", "gre", "vxlan")).toBe("vxlan");
    expect(kept("gre-ip", "vxlan")).toBe("gre-ip");
    expect(kept("ip", "vxlan", "ip")).toBe("ip ip");
  });

  test("IP nests, alone or inside one of them", () => {
    expect(kept("ip", "ip", "ip", "ip", "ip", "ip")).toBe("ip ip ip ip ip ip");
    expect(kept("gre", "ip", "ip")).toBe("gre ip ip");
  });

  test.each([
    ["tcp", "vxlan ip"],
    ["udp-l4", "vxlan ip"],
    ["fraglist", "vxlan"],
    ["tcp-fraglist", "vxlan"],
    ["sctp", "vxlan"],
  ] as const)("nested headers are written by programs, which know %s or not: %s", (gso, left) => {
    const { tunnels } = possible({ gso, tunnels: [tunnel("vxlan"), tunnel("ip")] });
    expect(tunnels.map(({ kind }) => kind).join(" ")).toBe(left);
    expect(possible({ gso, arrival: "gro", tunnels: [tunnel("vxlan"), tunnel("ip")] }).tunnels).toHaveLength(2);
  });

  test("labels and service headers stand without a tunnel", () => {
    expect(kept("mpls", "nsh", "ip")).toBe("ip");
    expect(kept("nsh", "mpls", "mpls")).toBe("nsh mpls mpls");
  });

  test("service headers do not go into a tunnel device either, labels are cut before it", () => {
    const packet = { ...least, tunnels: [tunnel("nsh"), tunnel("mpls")] };
    expect(possiblePacket(packet, true).tunnels.map(({ kind }) => kind)).toEqual(["mpls"]);
    expect(possiblePacket(packet).tunnels).toHaveLength(2);
  });

  test("labels stand in one stack", () => {
    expect(kept("mpls", "mpls", "nsh", "mpls", "nsh")).toBe("mpls mpls nsh nsh");
    expect(kept("nsh", "nsh")).toBe("nsh nsh");
  });
});

describe("checksum state", () => {
  test("nothing that was looped back has a complete sum", () => {
    expect(possible({ checksum: "complete", cast: "loopback" }).checksum).toBe("unnecessary");
    expect(possible({ checksum: "complete" }).checksum).toBe("complete");
  });

  test("an aggregate in a tunnel has none, a packet that came in with its tunnel may", () => {
    const tunnels = [tunnel("vxlan")];
    expect(possible({ checksum: "complete", gso: "udp-l4", tunnels }).checksum).toBe("none");
    expect(possible({ checksum: "complete", gso: "none", tunnels }).checksum).toBe("complete");
    expect(possible({ checksum: "complete", gso: "tcp", arrival: "gro", tunnels }).checksum).toBe("complete");
  });

  test("it starts elsewhere only for packets from outside, and for none in a tunnel", () => {
    const elsewhere = { gso: "udp-l4", checksumStart: 8 } as const;
    expect(possible(elsewhere).checksumStart).toBe(0);
    expect(possible({ ...elsewhere, dodgy: true }).checksumStart).toBe(8);
    expect(possible({ ...elsewhere, arrival: "tap" }).checksumStart).toBe(8);
    expect(possible({ ...elsewhere, dodgy: true, tunnels: [tunnel("ip")] }).checksumStart).toBe(0);
    expect(possible({ ...elsewhere, dodgy: true, arrival: "gro" }).checksumStart).toBe(0);
  });
});

describe("UFO", () => {
  test("has no members, unless its datagrams arrive one by one", () => {
    expect(possible({ gso: "ufo", members: [member] }).members).toEqual([]);
    expect(possible({ gso: "ufo", members: [member], arrival: "gro" }).members).toHaveLength(1);
  });

  test("no tunnel device takes it whole, a load balancer puts one header around it", () => {
    const kept = (...kinds: TunnelRecipe["kind"][]): string =>
      possible({ gso: "ufo", tunnels: kinds.map(tunnel) })
        .tunnels.map(({ kind }) => kind)
        .join(" ");
    expect([kept("vxlan", "ip", "ip"), kept("gre"), kept("gre-ip", "ip")]).toEqual(["ip", "", "gre-ip"]);
    expect(kept("nsh", "mpls", "mpls")).toBe("nsh mpls mpls");
    expect(possible({ gso: "ufo", arrival: "gro", tunnels: [tunnel("vxlan")] }).tunnels).toHaveLength(1);
  });
});

describe("TCP", () => {
  const flagsOf = (more: Partial<PacketRecipe>): number =>
    possible({ ...more, tcp: { ...least.tcp, flags: 0xff } }).tcp.flags;

  test("has one receiver and always a checksum", () => {
    for (const gso of ["tcp", "tcp-fraglist", "sctp"] as const) {
      const recipe = possible({ gso, cast: "multicast", zeroChecksum: true });
      expect([recipe.cast, recipe.zeroChecksum]).toEqual(["unicast", false]);
      expect(possible({ gso, cast: "loopback" }).cast).toBe(gso === "tcp-fraglist" ? "unicast" : "loopback");
    }
  });

  test("senders cut no SYN or RST; whoever writes into a tap may", () => {
    expect(flagsOf({ gso: "tcp" })).toBe(0xf9);
    expect(flagsOf({ gso: "tcp", dodgy: true })).toBe(0xff);
    expect(flagsOf({ gso: "tcp", arrival: "tap" })).toBe(0xff);
    expect(flagsOf({ gso: "tcp", arrival: "gro" })).toBe(0xff);
  });

  test("a list has headers that are alike: no flag but ECE, and no IPv4 options", () => {
    expect(flagsOf({ gso: "tcp-fraglist" })).toBe(0x40);
    expect(flagsOf({ gso: "tcp-fraglist", dodgy: true })).toBe(0x40);
    expect(flagsOf({ gso: "tcp-fraglist", arrival: "tap-napi" })).toBe(0xff);
    expect(possible({ gso: "tcp-fraglist", optionWords: 2 }).optionWords).toBe(0);
    expect(possible({ gso: "tcp", optionWords: 2 }).optionWords).toBe(2);
  });
});

describe("a chain of TCP packets", () => {
  test("as a list has payloads as long as the first", () => {
    const even = (gso: PacketRecipe["gso"]) => possible({ gso, members: [member, member] }).evenMembers;
    expect([even("tcp-fraglist"), even("tcp"), even("fraglist")]).toEqual([true, false, false]);
  });

  test("has no time stamp: whoever asks for one is a sender", () => {
    const head = { ...least.head, timestamp: true };
    const asks = (more: Partial<PacketRecipe>) => possible({ gso: "tcp", head, ...more }).head.timestamp;
    expect([asks({}), asks({ members: [member] })]).toEqual([true, false]);
  });
});

describe("SCTP", () => {
  const drawn: Partial<PacketRecipe> = {
    gso: "sctp",
    dodgy: true,
    checksum: "none",
    head: { ...least.head, headFrag: true, paged: 9, nohdr: true, zerocopy: "owned", timestamp: true },
    members: [{ ...member, headFrag: true, paged: 5, cloned: true, state: true }],
  };

  test("comes from a local sender: fresh buffers, checksum left for later", () => {
    const { dodgy, checksum, head, members } = possible(drawn);
    expect([dodgy, checksum]).toEqual([false, "partial"]);
    expect(head).toMatchObject({ headFrag: false, paged: 0, nohdr: false, zerocopy: "no", timestamp: false });
    expect(members[0]).toMatchObject({ headFrag: false, paged: 0, cloned: false, state: false, nohdr: true });
  });

  test("without members keeps its checksum state, complete where a tunnel takes it in", () => {
    expect(possible({ ...drawn, members: [] }).checksum).toBe("none");
    expect(possible({ ...drawn, members: [], checksum: "partial" }).checksum).toBe("partial");
    expect(possible({ ...drawn, members: [], checksum: "partial", tunnels: [tunnel("gre")] }).checksum).toBe("none");
  });

  test("arriving one by one, packets lie as a driver has them", () => {
    const { head, members, checksum } = possible({ ...drawn, arrival: "gro" });
    expect([head.headFrag, members[0]?.paged, checksum]).toEqual([true, 5, "none"]);
  });
});
