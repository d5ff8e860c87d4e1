import { describe, expect, test } from "vitest";
import {
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import { kfreeSkb } from "../../skb/free.js";
import { skbPullInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { alive, flatten, NOTHING_ALIVE, payload } from "../../skb/testing/make.js";
import type { NetKernel } from "../NetKernel.js";
import { slowSum } from "../testing/nestedPackets.js";
import { arriving, k, makePartial, makeRouter } from "../testing/router.js";
import { UdpSock, type UdpSockOptions } from "./UdpSock.js";
import { udpQueueRcvSkb, udpRcv, udpUnexpectedGso } from "./udp.js";
import { udpSeams } from "./udp.seams.js";

const plain: UdpSockOptions = { acceptsL4: false, acceptsFraglist: false, convertsChecksum: false, filters: false };
const socket = (more: Partial<UdpSockOptions> = {}): UdpSock => new UdpSock("socket", { ...plain, ...more });
const takesAll = { acceptsL4: true, acceptsFraglist: true };
const withUdp = (udp: Partial<typeof udpSeams>): NetKernel => ({ ...k, udp: { ...udpSeams, ...udp } });

/** Two datagrams of ten bytes in one packet to be cut, `data` at its IP header. */
function aggregate(gsoType = SKB_GSO_UDP_L4): SkBuff {
  const skb = arriving(makeRouter(), { data: payload(20) });
  makePartial(skb, skb.networkHeader + 20, slowSum(flatten(skb).slice(12, 20), 17 + 28));
  Object.assign(skb.shinfo, { gsoSize: 10, gsoSegs: 2, gsoType });
  return skb;
}
const queued = ({ receiveQueue }: UdpSock) => receiveQueue.map(flatten);

describe("a tunnel's socket", () => {
  test("takes whole only what was aggregated as its own", () => {
    const tunnel = socket({ ...takesAll, encapRcv: () => 0 });
    expect(udpUnexpectedGso(k, tunnel, aggregate())).toBe(true);
    for (const own of [SKB_GSO_UDP_TUNNEL, SKB_GSO_UDP_TUNNEL_CSUM]) {
      expect(udpUnexpectedGso(k, tunnel, aggregate(SKB_GSO_UDP_L4 | own))).toBe(false);
    }
  });

  function passedOn(kernel: NetKernel): number[] {
    const protocols: number[] = [];
    const skb = aggregate();
    skbPullInner(skb, 20);
    const tunnel = socket({ ...takesAll, encapRcv: () => -50 });
    udpQueueRcvSkb(kernel, tunnel, skb, (segment, protocol) => {
      protocols.push(protocol);
      kfreeSkb(segment);
    });
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
    return protocols;
  }

  test("passes each segment on to the protocol it names; a kernel that negated it named none", () => {
    expect(passedOn(k)).toEqual([50, 50]);
    expect(passedOn(withUdp({ protocolOfSegment: (ret) => -ret }))).toEqual([-50, -50]);
  });

  test("among several listeners, or with nobody to pass to, has its packet freed", () => {
    const tunnel = (): UdpSock => socket({ encapRcv: () => -50 });
    for (const [skb, sockets, multicast] of [
      [arriving(makeRouter()), [tunnel(), tunnel()], true],
      [arriving(makeRouter()), [tunnel()], false],
      [aggregate(), [tunnel()], false],
    ] as const) {
      expect(udpRcv(k, skb, sockets, multicast)).toEqual({ cloneFailures: 0, dropReason: "" });
      expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
    }
  });

  test("brings its own aggregation along", () => {
    const tunnelGro = { receive: () => null, complete: () => 0 };
    expect([socket({ tunnelGro }).tunnelGro, socket().tunnelGro]).toEqual([tunnelGro, undefined]);
  });
});

describe("kernels that were wrong about", () => {
  test("lists: one socket option stood for both kinds of aggregates", () => {
    const faulty = withUdp({
      isUnexpectedKind: ({ acceptsL4 }, skb) => (skb.shinfo.gsoType & SKB_GSO_UDP_L4) !== 0 && !acceptsL4,
    });
    const list = (): SkBuff => aggregate(SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST);
    const gro = socket({ acceptsL4: true });
    expect([k, faulty].map((kernel) => udpUnexpectedGso(kernel, gro, list()))).toEqual([true, false]);
  });

  test("checksums of segments: none said that it was verified", () => {
    const trusted = (kernel: NetKernel): boolean[] => {
      const sk = socket();
      const skb = aggregate();
      skb.ipSummed = 0;
      udpRcv(kernel, skb, [sk], false);
      return sk.receiveQueue.map(({ csumValid }) => csumValid);
    };
    expect(trusted(k)).toEqual([true, true]);
    expect(trusted(withUdp({ settleSegmentChecksum: () => {} }))).toEqual([false, false]);
  });

  test("IP fragments: they were cut for a socket as if they were datagrams", () => {
    const [right, wrong] = [socket(), socket()];
    const kinds = SKB_GSO_UDP | SKB_GSO_UDP_L4;
    udpRcv(k, aggregate(kinds), [right], false);
    expect([right.drops, queued(right)]).toEqual([1, []]);
    udpRcv(withUdp({ refusesToSegment: () => false }), aggregate(kinds), [wrong], false);
    expect(wrong.receiveQueue.length).toBeGreaterThan(0);
  });
});
