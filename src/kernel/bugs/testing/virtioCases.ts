/** Bugs in what a virtio_net_hdr may say. */
import { NETIF_F_HW_CSUM, NETIF_F_SG, SKB_GSO_TCPV4 } from "../../../abi/features.js";
import { skbGsoSegment } from "../../../net/core/gso.js";
import { virtioNetHdrToSkb } from "../../../net/drivers/virtioNet.js";
import { GroBench, piece, udpFrame } from "../../../net/ipv4/testing/groFlows.js";
import type { NetKernel } from "../../../net/NetKernel.js";
import { tcpStream } from "../../../net/testing/tcpPackets.js";
import { EINVAL } from "../../../skb/errno.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { makeMemory, makeSkb, type Shape } from "../../../skb/testing/make.js";
import type { VirtioNetHdr } from "../../../wire/virtioNetHdr.js";
import { asFrame, type BugCases } from "./bugCase.js";

const TCPV4 = 1;
const UDP = 3;
const UDP_L4 = 5;
const ECN = 0x80;
const NEEDS_CSUM = 1;

type Hdr = Partial<VirtioNetHdr>;

/** What becomes of a frame under that header: refused, ordinary, or GSO with its gso_size. */
function accept(k: NetKernel, more: Hdr, shape: Shape = { linear: 1000 }): string {
  const skb = makeSkb(makeMemory("identity", 1 << 18), { tailroom: 4096, ...shape });
  const hdr = { flags: 0, gsoType: 0, hdrLen: 0, gsoSize: 0, csumStart: 0, csumOffset: 0, ...more };
  if (virtioNetHdrToSkb(k, skb, hdr) !== 0) return "refused";
  const { gsoSize, txFlags } = skb.shinfo;
  const stamp = txFlags !== 0 ? ", to be stamped" : "";
  return (gsoSize === 0 ? "ordinary" : `gso ${gsoSize}`) + stamp;
}

/** A checksum to be completed behind Ethernet and IPv4. */
const needs = (csumOffset: number, more: Hdr): Hdr => ({ flags: NEEDS_CSUM, csumStart: 34, csumOffset, ...more });
const tcp = (more: Hdr): Hdr => needs(16, { gsoType: TCPV4, ...more });
const udpL4 = (more: Hdr): Hdr => needs(6, { gsoType: UDP_L4, gsoSize: 100, ...more });

const HW = NETIF_F_SG | NETIF_F_HW_CSUM;

/** Packets whose checksum starts 20 bytes behind their transport header. */
const misplaced = (k: NetKernel): string[] =>
  [misplacedTcp(), misplacedUdp(k)].map((skb) => {
    skb.csumStart += 20;
    return skbGsoSegment(k, skb, HW) === -EINVAL ? "refused" : "cut";
  });

const misplacedTcp = (): SkBuff => tcpStream({}, { linear: 30, gsoSize: 10, gsoType: SKB_GSO_TCPV4 });

function misplacedUdp(k: NetKernel): SkBuff {
  const bench = new GroBench({ k, groUdpFwd: true });
  for (const i of [0, 1]) bench.take(udpFrame({ data: piece(40, i), ip: { id: i } }));
  return asFrame(bench.flush()[0] as SkBuff);
}

export const virtioCases: BugCases = {
  "vnet-thlen-beyond-linear": [
    // Of the TCP header there is as much as the checksum, and not a byte more.
    (k) => accept(k, tcp({ gsoSize: 8 }), { linear: 34 + 18 }),
    "refused",
    "gso 8",
  ],
  "vnet-gso-size-exceeds-len": [(k) => accept(k, tcp({ gsoSize: 65_000 }), { linear: 100 }), "ordinary", "gso 65000"],
  "vnet-silly-gso-rejected": [(k) => accept(k, tcp({ gsoSize: 65_000 }), { linear: 100 }), "ordinary", "refused"],
  "vnet-ufo-transport-header": [
    // 1473 bytes of payload, of which the first fragment holds 1472.
    (k) => accept(k, needs(6, { gsoType: UDP, gsoSize: 1480 }), { linear: 42 + 1473 }),
    "gso 1480",
    "ordinary",
  ],
  "vnet-uso-unvalidated": [
    (k) => [
      accept(k, { gsoType: UDP_L4, gsoSize: 100 }),
      accept(k, udpL4({ csumOffset: 16 })),
      accept(k, udpL4({ gsoSize: 7 })),
      accept(k, udpL4({ gsoType: UDP_L4 | ECN })),
    ],
    ["refused", "refused", "refused", "refused"],
    ["gso 100", "gso 100", "gso 7", "gso 100"],
  ],
  "vnet-min-network-header": [(k) => accept(k, { gsoType: TCPV4, gsoSize: 8 }, { linear: 39 }), "refused", "gso 8"],
  "vnet-missing-check-overstrict": [
    (k) => [
      accept(k, tcp({ gsoSize: 473 }), { linear: 1000 }),
      accept(k, tcp({ gsoSize: 40 }), { linear: 1000 }),
      accept(k, tcp({ gsoSize: 500 }), { linear: 1000 }),
    ],
    ["gso 473", "gso 40", "gso 500"],
    ["refused", "refused", "gso 500, to be stamped"],
  ],
  "vnet-bad-csum-start": [
    (k) => [accept(k, tcp({ gsoSize: 100, csumOffset: 6 })), ...misplaced(k)],
    ["refused", "refused", "refused"],
    ["gso 100", "cut", "cut"],
  ],
  "vnet-tso-csum-offset-overstrict": [
    (k) => [accept(k, { gsoType: TCPV4, gsoSize: 100 }), accept(k, tcp({ gsoSize: 100 }))],
    ["gso 100", "gso 100"],
    ["refused", "gso 100"],
  ],
};
