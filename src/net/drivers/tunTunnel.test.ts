/** Taps with headers of 24 bytes, from write() to read(). */
import { describe, expect, test } from "vitest";
import {
  NETIF_F_GSO_UDP_L4,
  NETIF_F_GSO_UDP_TUNNEL,
  NETIF_F_GSO_UDP_TUNNEL_CSUM,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
} from "../../abi/features.js";
import { EINVAL } from "../../skb/errno.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbPush } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import { alive, makeMemory, must, NOTHING_ALIVE } from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import type { VirtioNetHdrTunnel } from "../../wire/virtioNetHdr.js";
import { devQueueXmit } from "../core/dev.js";
import { type NetDevice, netDevice } from "../core/NetDevice.js";
import {
  DATA,
  ethernet,
  expectedFrames,
  ipv4,
  fixedKernel as k,
  type Layer,
  packet,
  type Sum,
  udp,
  vxlan,
} from "../testing/nestedPackets.js";
import { TUN_HW_ENC_FEATURES, tunFeatures, tunGetUser, tunNetXmit, tunPutUser } from "./tun.js";

const PLAIN = ["csum", "tso4", "tso6", "uso4", "uso6"];
const TUNNELS = [...PLAIN, "udp_tunnel_gso"];
const ALL = [...TUNNELS, "udp_tunnel_gso_csum"];
const BOTH = NETIF_F_GSO_UDP_TUNNEL | NETIF_F_GSO_UDP_TUNNEL_CSUM;

describe("set_offload", () => {
  test.each<[string, readonly string[], number]>([
    ["tunnels without a checksum", TUNNELS, NETIF_F_GSO_UDP_TUNNEL],
    ["with one", ALL, BOTH],
    ["the checksum alone is nothing", [...PLAIN, "udp_tunnel_gso_csum"], 0],
    ["no checksum offload, no tunnels", ["tso4", "udp_tunnel_gso"], 0],
    ["no plain offload, no tunnels", ["csum", "udp_tunnel_gso"], 0],
    ["half of USO is no plain offload", ["csum", "uso4", "udp_tunnel_gso"], 0],
    ["one plain offload is enough", ["csum", "tso4", "udp_tunnel_gso"], NETIF_F_GSO_UDP_TUNNEL],
  ])("%s", (_name, offloads, expected) => {
    expect(tunFeatures(offloads) & BOTH).toBe(expected);
  });

  test("what counts for encapsulated packets does not depend on what was asked for", () => {
    const everything = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_GSO_UDP_L4 | BOTH;
    expect(TUN_HW_ENC_FEATURES & everything).toBe(everything);
    expect(tunFeatures(ALL) & ~TUN_HW_ENC_FEATURES).toBe(0);
  });
});

const layers = (outer: Sum, inner: Sum): Layer[] => [
  ethernet(ETH_P_IP),
  ipv4(17, outer),
  udp(50000, 4789),
  vxlan,
  ethernet(ETH_P_IP),
  ipv4(17, inner),
  udp(1000, 2000),
];
const vnet: VirtioNetHdrTunnel = {
  flags: 9,
  gsoType: 0x25,
  hdrLen: 92,
  gsoSize: 100,
  csumStart: 84,
  csumOffset: 6,
  outerThOffset: 34,
  innerNhOffset: 64,
};
const frame = packet(layers("pseudo", "pseudo"), DATA);

/** Writes the frame into one tap and sends it out of another; what that one can be read for. */
function through(offloads: readonly string[], vnetHdrSz = 24) {
  const mem = makeMemory("identity", 1 << 20);
  const ring: SkBuff[] = [];
  const startXmit = (skb: SkBuff): void => tunNetXmit(skb, ring);
  const features = tunFeatures(offloads);
  const device: NetDevice = netDevice("B", features, { hwEncFeatures: TUN_HW_ENC_FEATURES, startXmit });
  const skb = must(tunGetUser(k, { mem, sk: new Sock("A"), vnetHdrSz: 24 }, vnet, frame).skb);
  skb.dev = device;
  skbPush(skb, 14);
  expect(devQueueXmit(k, skb, device)).toBe("");
  const reads = ring.map((one) => tunPutUser(one, { features, vnetHdrSz }));
  for (const one of ring) kfreeSkb(one);
  expect(alive(mem)).toEqual(NOTHING_ALIVE);
  return reads;
}

describe("a frame with a tunnel written into one tap and read from another", () => {
  test("goes through whole where the reader can do everything", () => {
    expect(through(ALL)).toEqual([{ vnet: { ...vnet, hdrLen: frame.length }, frame }]);
  });

  test.each<[string, readonly string[]]>([
    ["tunnels without an outer checksum", TUNNELS],
    ["no tunnels", PLAIN],
  ])("is cut for a reader of %s, the inner checksum left partial", (_name, offloads) => {
    const reads = through(offloads).map((read) => must(read));
    const partial = { flags: 1, gsoType: 0, gsoSize: 0, csumStart: 84, csumOffset: 6 };
    expect(reads.map((read) => read.vnet)).toEqual(
      Array(3).fill({ ...partial, hdrLen: 0, outerThOffset: 0, innerNhOffset: 0 }),
    );
    // The outer checksum is right for the inner one completed: put that in, and the frame is the sender's own.
    const complete = expectedFrames(layers("complete", "complete"), 100);
    const pseudo = expectedFrames(layers("none", "pseudo"), 100);
    reads.forEach((read, i) => {
      expect(read.frame.slice(90, 92)).toEqual(pseudo[i]!.slice(90, 92));
      read.frame.set(complete[i]!.subarray(90, 92), 90);
      expect(read.frame).toEqual(complete[i]);
    });
  });

  test("is cut and summed for a reader who can do nothing", () => {
    const reads = through([]).map((read) => must(read));
    expect(reads.map((read) => read.frame)).toEqual(expectedFrames(layers("complete", "complete"), 100));
    expect(reads.map((read) => read.vnet.flags)).toEqual([0, 0, 0]);
  });

  test("cannot be read where the header is too short for what the device may be given", () => {
    expect(through(ALL, 10)).toEqual([null]);
    expect(through([], 10).map((read) => must(read).frame.length)).toEqual([192, 192, 142]);
  });

  test("is refused by a tap whose header has no room for a tunnel", () => {
    const mem = makeMemory("identity", 1 << 20);
    for (const vnetHdrSz of [undefined, 12, 23]) {
      expect(tunGetUser(k, { mem, sk: new Sock("A"), vnetHdrSz }, vnet, frame).err).toBe(-EINVAL);
    }
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });
});
