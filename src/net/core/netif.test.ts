import { describe, expect, test } from "vitest";
import { skbGet } from "../../skb/free.js";
import { PACKET_LOOPBACK, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { alive, failAllocations, flatten, NOTHING_ALIVE } from "../../skb/testing/make.js";
import { ETH_P_8021Q, ETH_P_ARP } from "../../wire/ethernet.js";
import { arriving, frameOf, ipPacket, k, makeRouter, type Router } from "../testing/router.js";
import { netifReceive } from "./netif.js";
import { PacketSock, packetRcv } from "./PacketSock.js";

const tapOn = (router: Router, ...devices: (Router["a"] | null)[]): PacketSock[] =>
  devices.map((device) => {
    const sk = new PacketSock("tap");
    router.net.addPacketSock(sk, device);
    return sk;
  });

describe("netif_receive_skb", () => {
  test.each(["ipv4", "ipv6"] as const)("%s goes to its protocol", (family) => {
    const router = makeRouter();
    netifReceive(k, router.net, arriving(router, { family }));
    expect(router.b.frames).toHaveLength(1);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a protocol that nobody handles: freed", () => {
    const router = makeRouter();
    const skb = Object.assign(arriving(router), { protocol: ETH_P_ARP });
    netifReceive(k, router.net, skb);
    expect(router.net.drops).toEqual([{ location: "__netif_receive_skb_core", reason: "UNHANDLED_PROTO" }]);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("taps on this device or on all get the frame, and forwarding does not change what they have", () => {
    const router = makeRouter();
    const [all, mine, other] = tapOn(router, null, router.a, router.b);
    const frame = frameOf(ipPacket());
    netifReceive(k, router.net, arriving(router));
    expect([all, mine, other].map((sk) => sk?.receiveQueue.map(flatten))).toEqual([[frame], [frame], []]);
    expect(router.b.frames[0]?.[22]).toBe(63);
    expect(all?.receiveQueue[0]?.sk).toBe(all);
  });

  test("the last tap gets the packet itself where no protocol wants it", () => {
    const router = makeRouter();
    const [tap] = tapOn(router, null);
    const skb = Object.assign(arriving(router), { protocol: ETH_P_ARP });
    netifReceive(k, router.net, skb);
    expect(tap?.receiveQueue).toEqual([skb]);
    expect(skb.users).toBe(1);
  });

  test("a packet of a VLAN that we have no device for is somebody else's; a priority tag means nothing", () => {
    for (const [tci, forwarded] of [
      [0x2005, 0],
      [0x2000, 1],
    ] as const) {
      const router = makeRouter();
      const skb = Object.assign(arriving(router), { vlanProto: ETH_P_8021Q, vlanTci: tci });
      netifReceive(k, router.net, skb);
      expect(router.b.frames).toHaveLength(forwarded);
    }
  });

  test("a device's handler comes first, and keeps the packet or passes it on", () => {
    const router = makeRouter();
    const through = router.net.interfaceOf(router.a);
    const seen: SkBuff[] = [];
    if (through === undefined) throw new Error("no interface");
    through.rxHandler = (_k, skb) => {
      seen.push(skb);
      return seen.length === 1 ? skb : null;
    };
    const [first, second] = [arriving(router), arriving(router)];
    netifReceive(k, router.net, first);
    netifReceive(k, router.net, second);
    expect(seen).toEqual([first, second]);
    expect(router.b.frames).toHaveLength(1);
  });

  test("a tag that cannot be taken off ends the packet", () => {
    const router = makeRouter();
    const skb = Object.assign(arriving(router), { protocol: ETH_P_8021Q });
    skb.len = 3;
    skb.tail = skb.data + 3;
    netifReceive(k, router.net, skb);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });
});

describe("packet_rcv", () => {
  test("a shared packet is cloned, and data is where it was", () => {
    const router = makeRouter();
    const sk = new PacketSock("tap");
    const skb = arriving(router);
    const { data, len } = skb;
    packetRcv(sk, skbGet(skb));
    expect([skb.users, skb.data, skb.len]).toEqual([1, data, len]);
    expect(sk.receiveQueue[0]?.len).toBe(len + 14);
    expect(sk.rmemAlloc).toBe(skb.truesize);
  });

  test("no memory for a clone: dropped", () => {
    const router = makeRouter();
    const sk = new PacketSock("tap");
    const skb = skbGet(arriving(router));
    failAllocations(router.mem, 1);
    const { data } = skb;
    packetRcv(sk, skb);
    expect([sk.drops, sk.receiveQueue, skb.users, skb.data]).toEqual([1, [], 1, data]);
  });

  test("a full buffer drops; a looped packet is not for taps", () => {
    const router = makeRouter();
    const sk = new PacketSock("tap", 100);
    sk.rmemAlloc = 100;
    packetRcv(sk, arriving(router));
    expect(sk.drops).toBe(1);
    packetRcv(sk, Object.assign(arriving(router), { pktType: PACKET_LOOPBACK }));
    expect([sk.drops, sk.receiveQueue]).toEqual([1, []]);
    expect(alive(router.mem)).toEqual(NOTHING_ALIVE);
  });

  test("what is for another host is still shown", () => {
    const router = makeRouter();
    const sk = new PacketSock("tap");
    packetRcv(sk, Object.assign(arriving(router), { pktType: PACKET_OTHERHOST }));
    expect(sk.receiveQueue).toHaveLength(1);
  });
});
