import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  NETIF_F_ALL_TSO,
  NETIF_F_GSO_FRAGLIST,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX,
  NETIF_F_SCTP_CRC,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { kfreeSkb, skbGet } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { PACKET_HOST, PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  alive,
  clonesOf,
  failAllocations,
  flatten,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  NOTHING_ALIVE,
  shapeOf,
} from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { devQueueXmit } from "../core/dev.js";
import { NO_RECEIVE_OFFLOAD } from "../core/NetDevice.js";
import { DATA, ethernet, fixedKernel, ipv4, nestedSkb, packet, udp } from "../testing/nestedPackets.js";
import { VETH_FEATURES, type VethOffload, vethPair } from "./veth.js";

const MAC = new Uint8Array(6).fill(2);
const LIST = { ...NO_RECEIVE_OFFLOAD, gro: true, groFraglist: true };

/** A pair whose second end does as told with what it receives. */
function pair(receive = NO_RECEIVE_OFFLOAD, off: readonly VethOffload[] = ["tso", "tx-udp-segmentation"]) {
  const got: SkBuff[] = [];
  const [v0, v1] = vethPair(
    fixedKernel,
    { name: "v0", off, deliver: kfreeSkb },
    { name: "v1", own: { receive, address: MAC, mtu: 1500 }, deliver: (skb) => got.push(skb) },
  );
  return { v0, v1, got };
}

/** A super-frame of three datagrams, the last one of 50 bytes. */
function superFrame(): SkBuff {
  const frame = packet([ethernet(ETH_P_IP), ipv4(17, "pseudo"), udp(1, 2)], DATA);
  const layout = { network: 14, transport: 34, csum: [34, 6], encapsulation: false } as const;
  const skb = nestedSkb(frame, layout, { gsoSize: 100, gsoType: SKB_GSO_UDP_L4 });
  skb.macLen = 14;
  return skb;
}

/** Some frame of that many bytes, to MAC. */
function frameOf(linear: number): SkBuff {
  const skb = makeSkb(makeMemory(), { linear });
  skb.mem.arena.bytes.set([...MAC, ...MAC, 0x08, 0x00], skb.head.base + skb.data);
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data + 14;
  return skb;
}

describe("features", () => {
  test.each<[readonly VethOffload[], number]>([
    [[], 0],
    [["tso"], NETIF_F_ALL_TSO],
    [["tx-udp-segmentation"], NETIF_F_GSO_UDP_L4],
    [["tx-checksumming"], NETIF_F_HW_CSUM | NETIF_F_SCTP_CRC | NETIF_F_ALL_TSO | NETIF_F_GSO_UDP_L4],
  ])("with %j off", (off, missing) => {
    const { v0 } = pair(NO_RECEIVE_OFFLOAD, off);
    expect(v0.device.features).toBe(VETH_FEATURES & ~missing);
  });

  test("lists are taken whole, and tags do not count for tagged packets", () => {
    const { v0 } = pair();
    expect(v0.device.features & NETIF_F_GSO_FRAGLIST).not.toBe(0);
    expect(v0.device.vlanFeatures & NETIF_F_HW_VLAN_CTAG_TX).toBe(0);
  });
});

describe("veth_xmit", () => {
  test("what one end sends the other receives, but only when it is polled", () => {
    const { v0, v1, got } = pair();
    const skb = frameOf(60);
    skb.pktType = PACKET_OTHERHOST;
    skb.priority = 6;
    devQueueXmit(fixedKernel, skb, v0.device);
    expect(got).toEqual([]);
    v1.poll();
    expect(got).toEqual([skb]);
    expect([skb.dev, skb.pktType, skb.priority, skb.len]).toEqual([v1.device, PACKET_HOST, 0, 46]);
  });

  test("what comes back is the first end's to receive", () => {
    const { v0, v1, got } = pair();
    const skb = frameOf(60);
    devQueueXmit(fixedKernel, skb, v1.device);
    v1.poll();
    expect(got).toEqual([]);
    v0.poll();
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("a complete sum loses the link header", () => {
    const { v0, v1, got } = pair();
    const skb = frameOf(60);
    skb.ipSummed = CHECKSUM_COMPLETE;
    skb.csum = csumPartial(flatten(skb), 0, 60, 0);
    v0.device.startXmit(skb);
    v1.poll();
    expect(csumFold((got[0] as SkBuff).csum)).toBe(csumFold(csumPartial(flatten(skb), 0, 46, 0)));
  });

  test.each([
    ["shorter than a link header", 10],
    ["longer than the peer's MTU", 1519],
  ])("a frame %s is dropped", (_, linear) => {
    const { v0, v1 } = pair();
    const skb = makeSkb(makeMemory(), { linear });
    v0.device.startXmit(skb);
    expect(v1.ring).toEqual([]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("user memory is copied away, or the frame dropped when there is none for that", () => {
    for (const failing of [false, true]) {
      const { v0, v1 } = pair();
      const skb = makeSkb(makeMemory(), { linear: 60, frags: [30] });
      const owner = giveZerocopyOwner(skb);
      if (failing) failAllocations(skb.mem, 1);
      v0.device.startXmit(skb);
      expect(owner.refs).toBe(0);
      expect(v1.ring).toHaveLength(failing ? 0 : 1);
    }
  });
});

describe("veth_poll", () => {
  test("datagrams that were cut at one end are a list again at the other", () => {
    const { v0, v1, got } = pair(LIST);
    const skb = superFrame();
    skbSetOwnerW(skb, new Sock("writer"));
    devQueueXmit(fixedKernel, skb, v0.device);
    expect(v1.ring).toHaveLength(3);
    v1.poll();
    expect(got.map(shapeOf)).toEqual([expect.stringMatching(/list \[.*, .*\]$/)]);
    const { gsoType, gsoSize, gsoSegs } = (got[0] as SkBuff).shinfo;
    expect([gsoType, gsoSize, gsoSegs]).toEqual([SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4, 100, 3]);
  });

  test("without receive offload they stay apart", () => {
    const { v0, v1, got } = pair();
    devQueueXmit(fixedKernel, superFrame(), v0.device);
    v1.poll();
    expect(got.map(({ len }) => len)).toEqual([128, 128, 78]);
  });

  test("no poll takes more than 64 frames, and each passes up what it held", () => {
    const { v0, v1, got } = pair(LIST);
    for (let i = 0; i < 33; i++) devQueueXmit(fixedKernel, superFrame(), v0.device);
    expect(v1.ring).toHaveLength(99);
    v1.poll();
    expect(v1.ring).toEqual([]);
    // Every third datagram is short and ends a list; the 64th is the first of one that the poll's end cuts off.
    expect(got.map(({ shinfo }) => shinfo.gsoSegs || 1)).toEqual([
      ...new Array(21).fill(3),
      1,
      2,
      ...new Array(11).fill(3),
    ]);
  });

  test("with segmentation offload at the sender only a local socket's datagrams are tried", () => {
    for (const [isOwned, receive, packets] of [
      [false, LIST, 2],
      [true, { ...LIST, groFraglist: false }, 2],
      [true, LIST, 1],
      [true, { ...LIST, groFraglist: false, groUdpFwd: true }, 1],
    ] as const) {
      const { v0, v1, got } = pair(receive, []);
      for (const id of [1, 2]) {
        const frame = packet([ethernet(ETH_P_IP), ipv4(17, "complete", id), udp(1, 2)], DATA);
        const skb = nestedSkb(frame, { network: 14, transport: 34, encapsulation: false }, { gsoSize: 0, gsoType: 0 });
        skb.macLen = 14;
        if (isOwned) skbSetOwnerW(skb, SENDER);
        devQueueXmit(fixedKernel, skb, v0.device);
      }
      v1.poll();
      expect(got).toHaveLength(packets);
    }
  });

  test("any other owner than a sender is given up", () => {
    const { v0, v1, got } = pair(LIST);
    const skb = frameOf(60);
    v0.device.startXmit(skb);
    skb.destructor = "sock_rfree";
    skb.sk = new Sock("receiver");
    v1.poll();
    expect([got[0]?.sk, got[0]?.slowGro]).toEqual([null, false]);
  });

  test("a packet that others hold passes receive offload by; a clone gets a shared info of its own", () => {
    const { v0, v1, got } = pair(LIST);
    const held = frameOf(60);
    v0.device.startXmit(held);
    skbGet(held);
    const original = frameOf(60);
    const [clone] = clonesOf(original, 1) as [SkBuff];
    v0.device.startXmit(clone);
    v1.poll();
    expect(got).toEqual([held, clone]);
    expect(clone.head).not.toBe(original.head);
  });
});

const SENDER = new Sock("sender");
