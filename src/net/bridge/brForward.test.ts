import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { putBytes } from "../../skb/bytes.js";
import { kfreeSkb } from "../../skb/free.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import {
  alive,
  failAllocations,
  flatten,
  makeMemory,
  makeSkb,
  NOTHING_ALIVE,
  type Shape,
} from "../../skb/testing/make.js";
import { ETH_P_8021Q, ETH_P_IP } from "../../wire/ethernet.js";
import { devSeams } from "../core/dev.seams.js";
import { gsoSeams } from "../core/gso.seams.js";
import { type NetDevice, netDevice } from "../core/NetDevice.js";
import type { NetKernel } from "../NetKernel.js";
import { brFlood, brForwardInner } from "./brForward.js";

const k = {
  gso: gsoSeams,
  dev: devSeams,
  offloads: { packet: new Map([[ETH_P_IP, () => null]]) },
} as unknown as NetKernel;

interface Port extends NetDevice {
  readonly sent: SkBuff[];
}
function portsOf(count: number, order: string[] = []): Port[] {
  return Array.from({ length: count }, (_, i) => {
    const sent: SkBuff[] = [];
    const startXmit = (skb: SkBuff): void => {
      order.push(`port ${i}`);
      sent.push(skb);
    };
    return { ...netDevice(`port ${i}`, NETIF_F_SG | NETIF_F_HW_CSUM, { takesAnyTags: true, startXmit }), sent };
  });
}

/** A frame that came in on a bridge port, `data` behind its Ethernet header. */
function packet(shape: Shape = {}): SkBuff {
  const skb = makeSkb(makeMemory(), { headroom: 78, ...shape, linear: shape.linear ?? 60 });
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.data - 14;
  skb.networkHeader = skb.data;
  skb.macLen = 14;
  return skb;
}

describe("br_flood", () => {
  test("with k ports: k - 1 clones in order, and the original to the last", () => {
    const order: string[] = [];
    const ports = portsOf(4, order);
    const skb = packet();
    const drops = brFlood(k, skb, ports, false);
    expect(order).toEqual(["port 0", "port 1", "port 2", "port 3"]);
    expect(ports.map(({ sent }) => sent.includes(skb))).toEqual([false, false, false, true]);
    expect(skb.head.shinfo.datarefSeen).toBe(4);
    expect([...drops.values()]).toEqual(["", "", "", ""]);
    expect(ports.map(({ sent }) => sent.map(({ dev }) => dev))).toEqual(ports.map((port) => [port]));
  });

  test("local reception keeps the original: the last port gets one more clone", () => {
    const ports = portsOf(3);
    const skb = packet();
    const before = flatten(skb);
    brFlood(k, skb, ports, true);
    expect(ports.flatMap(({ sent }) => sent)).not.toContain(skb);
    expect(skb.head.shinfo.datarefSeen).toBe(4);
    expect(flatten(skb)).toEqual(before);
  });

  test.each([
    [false, 0],
    [true, 1],
  ])("no port at all, local reception %s: the original is freed unless it is wanted", (localRcv, users) => {
    const skb = packet();
    expect(brFlood(k, skb, [], localRcv).size).toBe(0);
    expect(skb.users).toBe(users);
  });

  test("a clone that cannot be made ends the flood", () => {
    const ports = portsOf(3);
    const skb = packet();
    failAllocations(skb.mem, 2);
    const drops = brFlood(k, skb, ports, false);
    expect(ports.map(({ sent }) => sent.length)).toEqual([1, 0, 0]);
    expect([...drops.entries()].map(([port, why]) => `${port.name}: ${why}`)).toEqual(["port 0: ", "port 1: clone"]);
    expect(skb.users).toBe(0);
    kfreeSkb(ports[0]?.sent[0] ?? null);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("the same with local reception leaves the original alone", () => {
    const skb = packet();
    failAllocations(skb.mem, 1);
    const drops = brFlood(k, skb, portsOf(1), true);
    expect([...drops.values()]).toEqual(["clone"]);
    expect(skb.users).toBe(1);
    failAllocations(skb.mem, 1);
    brFlood(k, skb, portsOf(2), true);
    expect(skb.users).toBe(1);
  });
});

describe("__br_forward", () => {
  const send = (skb: SkBuff): { why: string; sent: SkBuff[] } => {
    const [port] = portsOf(1) as [Port];
    return { why: brForwardInner(k, skb, port), sent: port.sent };
  };

  test("the frame leaves from its MAC header on, a complete sum means nothing any more", () => {
    const skb = packet();
    skb.ipSummed = CHECKSUM_COMPLETE;
    expect(send(skb)).toEqual({ why: "", sent: [skb] });
    expect([skb.ipSummed, skb.len, skb.macHeader]).toEqual([CHECKSUM_NONE, 74, skb.data]);
  });

  test("up to the MTU, link header and a tag", () => {
    expect(send(packet({ linear: 1504 })).why).toBe("");
    const skb = packet({ linear: 1505 });
    expect(send(skb).why).toBe("not-forwardable");
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("beyond it for a GSO packet", () => {
    expect(send(packet({ linear: 3000, gsoSize: 1000, gsoSegs: 3, gsoType: SKB_GSO_UDP_L4 })).why).toBe("");
  });

  const tagged = (tags: number): SkBuff => {
    const skb = packet();
    skb.protocol = ETH_P_8021Q;
    skb.macLen = 0;
    const bytes = new Uint8Array(4 * tags).map((_, i) => [0, 1, 0x81, 0][i % 4] as number);
    bytes.set([8, 0], 4 * tags - 2);
    putBytes(skb, skb.data, bytes);
    Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL, csum: ((6 << 16) | (skb.data + 4 * tags + 20)) >>> 0 });
    return skb;
  };

  test("a tagged packet with a partial checksum: the network header is behind the tags", () => {
    const skb = tagged(2);
    expect(send(skb).why).toBe("");
    expect(skb.networkHeader - skb.data).toBe(14 + 8);
  });

  test("more tags than can be followed: dropped", () => {
    const skb = tagged(8);
    expect(send(skb).why).toBe("vlan");
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});
