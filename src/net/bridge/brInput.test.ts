import { describe, expect, test } from "vitest";
import { SKB_GSO_FRAGLIST, SKB_GSO_UDP_L4 } from "../../abi/features.js";
import { hex } from "../../bytes/hexdump.js";
import { skbCopy } from "../../skb/copy.js";
import { skbGet } from "../../skb/free.js";
import { PACKET_LOOPBACK, PACKET_MULTICAST, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { alive, failAllocations, makeMemory, must, NOTHING_ALIVE } from "../../skb/testing/make.js";
import { Netns } from "../core/Netns.js";
import { netifReceive } from "../core/netif.js";
import { UdpSock } from "../ipv4/UdpSock.js";
import type { NetKernel } from "../NetKernel.js";
import { frameOf, ip4, ipPacket, k, mac, type Port, portOf, received } from "../testing/router.js";
import { Bridge, type BridgePort, type PortOptions } from "./Bridge.js";
import { brAddIf, brHandleFrame } from "./brInput.js";

const BRIDGE_MAC = mac(0x99);
const GROUP = ip4("239.1.2.3");
const GROUP_MAC = Uint8Array.of(1, 0, 0x5e, 1, 2, 3);
const BROADCAST = new Uint8Array(6).fill(0xff);
const STRANGER = mac(0x42);

interface Lab {
  readonly net: Netns;
  readonly bridge: Bridge;
  readonly ports: Port[];
  readonly members: BridgePort[];
  readonly order: string[];
  readonly mem: ReturnType<typeof makeMemory>;
}

/** A bridge of four ports with an address of its own; `options` by the number of the port. */
function makeLab(options: Readonly<Record<number, PortOptions>> = {}): Lab {
  const net = new Netns();
  const order: string[] = [];
  const device = portOf("br", { net, address: BRIDGE_MAC });
  net.addInterface(device, { ipv4: [{ address: ip4("10.0.0.99"), bits: 24 }] });
  const bridge = new Bridge(device, BRIDGE_MAC);
  const ports: Port[] = [];
  const members = [0, 1, 2, 3].map((i) => {
    const port = portOf(`p${i}`, { net });
    const { startXmit } = port;
    port.startXmit = (skb) => {
      order.push(port.name);
      startXmit(skb);
    };
    net.addInterface(port, { address: mac(0x10 + i) });
    ports.push(port);
    return brAddIf(net, bridge, port, options[i]);
  });
  return { net, bridge, ports, members, order, mem: makeMemory() };
}

const send = (lab: Lab, port: number, dest: Uint8Array, source = mac(1), kernel = k, more = {}): SkBuff => {
  const daddr = dest === GROUP_MAC ? GROUP : ip4("10.0.0.99");
  const skb = received(lab.mem, must(lab.ports[port]), frameOf(ipPacket({ daddr }), dest, source));
  skb.pktType = (dest[0] as number) & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
  Object.assign(skb, more);
  netifReceive(kernel, lab.net, skb);
  return skb;
};

const listener = (lab: Lab, address: Uint8Array, groups: Uint8Array[] = []): UdpSock => {
  const sk = new UdpSock("sk", { acceptsL4: false, acceptsFraglist: false, convertsChecksum: false, filters: false });
  lab.net.bindUdp(sk, address, 2000, groups);
  return sk;
};

describe("flooding", () => {
  test("a destination that nobody learned: all other ports, the one added last first", () => {
    const lab = makeLab();
    send(lab, 1, STRANGER);
    expect(lab.order).toEqual(["p3", "p2", "p0"]);
    expect(alive(lab.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a learned destination is the only one, and not on the port that it is behind", () => {
    const lab = makeLab();
    send(lab, 2, STRANGER, mac(7));
    lab.order.length = 0;
    send(lab, 0, mac(7));
    expect(lab.order).toEqual(["p2"]);
    send(lab, 2, mac(7), mac(8));
    expect(lab.order).toEqual(["p2"]);
    expect(alive(lab.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a port that does not learn, does not flood, or sends back", () => {
    const lab = makeLab({ 0: { learning: false }, 1: { flood: false }, 2: { hairpin: true } });
    send(lab, 0, STRANGER, mac(7));
    expect(lab.order).toEqual(["p3", "p2"]);
    expect(lab.bridge.find(mac(7))).toBeUndefined();
    lab.order.length = 0;
    send(lab, 2, STRANGER);
    expect(lab.order).toEqual(["p3", "p2", "p0"]);
  });

  test("multicast and broadcast have ports of their own choosing", () => {
    const lab = makeLab({ 1: { mcastFlood: false }, 2: { bcastFlood: false } });
    send(lab, 0, GROUP_MAC);
    expect(lab.order).toEqual(["p3", "p2"]);
    lab.order.length = 0;
    send(lab, 0, BROADCAST);
    expect(lab.order).toEqual(["p3", "p1"]);
  });
});

test("what a device merged and cannot take apart is not sent on", () => {
  const lab = makeLab();
  const frame = frameOf(ipPacket(), STRANGER);
  const skb = received(lab.mem, must(lab.ports[0]), frame, { frags: [100], gsoSize: 50 });
  netifReceive(k, lab.net, skb);
  expect([lab.order, alive(lab.mem)]).toEqual([[], NOTHING_ALIVE]);
});

describe("the host", () => {
  test("gets what is for the bridge's own address, and nobody else does", () => {
    const lab = makeLab();
    const sk = listener(lab, ip4("10.0.0.99"));
    send(lab, 0, BRIDGE_MAC);
    expect([lab.order, sk.receiveQueue.length]).toEqual([[], 1]);
  });

  test("gets the original of multicast, all ports clones", () => {
    const lab = makeLab();
    const [first, second] = [listener(lab, GROUP, [GROUP]), listener(lab, GROUP, [GROUP])];
    const skb = send(lab, 0, GROUP_MAC);
    expect(lab.order).toEqual(["p3", "p2", "p1"]);
    expect([first.receiveQueue, second.receiveQueue.length]).toEqual([[skb], 1]);
  });

  test("drops what is for another station", () => {
    const lab = makeLab();
    send(lab, 0, BRIDGE_MAC, mac(1), k, { pktType: PACKET_OTHERHOST });
    expect(lab.net.drops.map(({ reason }) => reason)).not.toContain("OTHERHOST");
    send(lab, 0, GROUP_MAC, mac(1), k, { pktType: PACKET_OTHERHOST });
    expect(lab.net.drops).toContainEqual({ location: "ip_rcv_core", reason: "OTHERHOST" });
  });
});

describe("br_handle_frame", () => {
  test("a looped packet passes by", () => {
    const lab = makeLab();
    const skb = received(lab.mem, must(lab.ports[0]), frameOf(ipPacket(), STRANGER));
    skb.pktType = PACKET_LOOPBACK;
    expect(brHandleFrame(k, lab.net, lab.bridge, must(lab.members[0]), skb)).toBe(skb);
  });

  test.each([
    ["a group's", Uint8Array.of(3, 0, 0, 0, 0, 1)],
    ["no", new Uint8Array(6)],
  ])("%s address as a source: dropped", (_name, source) => {
    const lab = makeLab();
    send(lab, 0, STRANGER, source);
    expect([lab.order, lab.net.drops[0]?.reason]).toEqual([[], "MAC_INVALID_SOURCE"]);
  });

  test.each<[string, number, string[], boolean]>([
    ["spanning tree, which this bridge does not take part in: flooded", 0, ["p3", "p2", "p1"], true],
    ["pause frames: dropped", 1, [], false],
    ["link discovery: for this station alone", 0xe, [], true],
    ["any other reserved address: for this station alone", 3, [], true],
  ])("%s", (_name, last, expected, learned) => {
    const lab = makeLab();
    send(lab, 0, Uint8Array.of(1, 0x80, 0xc2, 0, 0, last));
    expect(lab.order).toEqual(expected);
    expect(lab.bridge.find(mac(1)) !== undefined).toBe(learned);
    expect(alive(lab.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a packet that others hold is cloned first; no memory: gone", () => {
    const lab = makeLab();
    const skb = skbGet(received(lab.mem, must(lab.ports[0]), frameOf(ipPacket(), STRANGER)));
    failAllocations(lab.mem, 1);
    expect(brHandleFrame(k, lab.net, lab.bridge, must(lab.members[0]), skb)).toBeNull();
    expect([lab.order, skb.users]).toEqual([[], 1]);
  });
});

describe("a group that somebody asked for", () => {
  function withGroup(hostJoined: boolean, lab = makeLab()): Lab {
    const [p0, p1, p2, p3] = lab.members.map(must);
    if (!p0 || !p1 || !p2 || !p3) throw new Error("ports");
    const ports = [{ port: p0 }, { port: p1, unicastTo: mac(0x51) }, { port: p1, unicastTo: mac(0x52) }, { port: p2 }];
    lab.bridge.mdb.set(hex(GROUP_MAC), { hostJoined, ports });
    lab.bridge.querierExists = true;
    return lab;
  }

  test("goes to its members alone, once for each receiver where they are told apart", () => {
    const lab = withGroup(false);
    send(lab, 0, GROUP_MAC);
    expect(lab.order).toEqual(["p1", "p1", "p2"]);
    expect(lab.ports[1]?.frames.map((frame) => frame.slice(0, 6))).toEqual([mac(0x51), mac(0x52)]);
    expect(lab.ports[2]?.frames[0]?.slice(0, 6)).toEqual(GROUP_MAC);
    expect(alive(lab.mem)).toEqual(NOTHING_ALIVE);
  });

  test("and to routers, each port once, and to the host that joined it", () => {
    const lab = withGroup(true);
    const sk = listener(lab, GROUP, [GROUP]);
    lab.bridge.routerPorts.push(must(lab.members[2]), must(lab.members[3]));
    send(lab, 0, GROUP_MAC);
    expect(lab.order.sort()).toEqual(["p1", "p1", "p2", "p3"]);
    expect(sk.receiveQueue).toHaveLength(1);
  });

  test("is flooded as long as nobody queries", () => {
    const lab = withGroup(false);
    lab.bridge.querierExists = false;
    send(lab, 0, GROUP_MAC);
    expect(lab.order).toEqual(["p3", "p2", "p1"]);
  });

  test("never goes back to its sender, even through a port that sends back", () => {
    const lab = withGroup(false, makeLab({ 1: { hairpin: true } }));
    send(lab, 1, GROUP_MAC, mac(0x51));
    expect(lab.ports[1]?.frames.map((frame) => frame.slice(0, 6))).toEqual([mac(0x52)]);
  });

  test("no memory for a receiver's copy: counted", () => {
    const lab = withGroup(false);
    // The first is the packet itself.
    failAllocations(lab.mem, 2);
    send(lab, 0, GROUP_MAC);
    expect([lab.order, lab.bridge.txDropped]).toEqual([["p1", "p2"], 1]);
  });

  test("a list stays a list for each receiver; copied whole it could not be one", () => {
    const list = { gsoSize: 5, gsoType: SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4 };
    const whole: NetKernel = { ...k, brForward: { copyForAddress: skbCopy } };
    for (const [kernel, dropped] of [
      [k, 0],
      [whole, 2],
    ] as const) {
      const lab = withGroup(false);
      const skb = received(lab.mem, must(lab.ports[0]), frameOf(ipPacket({ daddr: GROUP }), GROUP_MAC));
      Object.assign(skb.shinfo, list);
      skb.pktType = PACKET_MULTICAST;
      netifReceive(kernel, lab.net, skb);
      expect(lab.bridge.txDropped).toBe(dropped);
    }
  });
});
