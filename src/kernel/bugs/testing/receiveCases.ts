/** Bugs of aggregates that reach a UDP socket. */
import { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, SKB_GSO_UDP } from "../../../abi/features.js";
import { GroBench, piece, udpFrame } from "../../../net/ipv4/testing/groFlows.js";
import { UdpSock, type UdpSockOptions } from "../../../net/ipv4/UdpSock.js";
import { udpQueueRcvSkb, udpRcv } from "../../../net/ipv4/udp.js";
import type { NetKernel } from "../../../net/NetKernel.js";
import { kfreeSkb } from "../../../skb/free.js";
import { skbLinearize } from "../../../skb/pullTail.js";
import { skbPullInner } from "../../../skb/pushPull.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { faultOf } from "../../../skb/testing/make.js";
import type { BugCases } from "./bugCase.js";

const SIZE = 40;
const socket = (more: Partial<UdpSockOptions> = {}): UdpSock =>
  new UdpSock("socket", {
    acceptsL4: false,
    acceptsFraglist: false,
    convertsChecksum: false,
    filters: false,
    ...more,
  });

/** Three datagrams in one large payload, `data` at the IP header. */
function aggregate(k: NetKernel): SkBuff {
  const bench = new GroBench({ k, groUdpFwd: true });
  for (const i of [0, 1, 2]) bench.take(udpFrame({ data: piece(SIZE, i), ip: { id: i } }));
  return bench.flush()[0] as SkBuff;
}

/** The same with `data` at the UDP header. */
function aggregateAtUdp(k: NetKernel): SkBuff {
  const skb = aggregate(k);
  skbPullInner(skb, 20);
  return skb;
}

const lengthsIn = (sk: UdpSock): number[] => sk.receiveQueue.map(({ len }) => len);

export const receiveCases: BugCases = {
  "udp-gro-misdirection": [
    (k) => {
      const sk = socket();
      udpRcv(k, aggregate(k), [sk], false);
      return lengthsIn(sk);
    },
    [SIZE, SIZE, SIZE],
    [3 * SIZE],
  ],
  "udp-rcv-proto-sign": [
    (k) => {
      const passedOn: number[] = [];
      // A tunnel that says: IPv4 in IPv4.
      const sk = socket({ acceptsL4: true, acceptsFraglist: true, encapRcv: () => -4 });
      udpQueueRcvSkb(k, sk, aggregateAtUdp(k), (skb, protocol) => {
        passedOn.push(protocol);
        kfreeSkb(skb);
      });
      return passedOn;
    },
    [4, 4, 4],
    [-4, -4, -4],
  ],
  "udp-rcv-post-segment-csum": [
    (k) => {
      const sk = socket({ filters: true });
      const skb = aggregate(k);
      // A tunnel header was pulled off in front: what was to be completed counts as nothing known.
      skb.ipSummed = CHECKSUM_NONE;
      skb.csumValid = false;
      udpRcv(k, skb, [sk], false);
      return { queued: lengthsIn(sk), drops: sk.drops };
    },
    { queued: [SIZE, SIZE, SIZE], drops: 0 },
    { queued: [], drops: 3 },
  ],
  "udp-gso-lands-in-tunnel": [
    (k) => {
      const tunnelled: number[] = [];
      const encapRcv = (skb: SkBuff): number => {
        tunnelled.push(skb.len - 8);
        kfreeSkb(skb);
        return 0;
      };
      udpRcv(k, aggregate(k), [socket({ acceptsL4: true, acceptsFraglist: true, encapRcv })], false);
      return tunnelled;
    },
    [SIZE, SIZE, SIZE],
    [3 * SIZE],
  ],
  "udp-rcv-ufo-segment": [
    (k) => {
      // ESP in UDP that finds out that it is an ordinary datagram.
      const sk = socket({ encapRcv: () => 1 });
      const skb = aggregate(k);
      skbLinearize(skb);
      Object.assign(skb.shinfo, { gsoSize: 4, gsoType: SKB_GSO_UDP });
      skb.ipSummed = CHECKSUM_UNNECESSARY;
      const fault = faultOf(() => udpRcv(k, skb, [sk], false));
      return fault || `${sk.drops} dropped`;
    },
    "1 dropped",
    "BUG(pull-rcsum)",
  ],
};
