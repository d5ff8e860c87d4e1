/** Bugs of receive offload. */
import { CHECKSUM_UNNECESSARY, SKB_GSO_DODGY, SKB_GSO_TCPV4, SKB_GSO_UDP_TUNNEL_CSUM } from "../../../abi/features.js";
import { getU16 } from "../../../bytes/view.js";
import { skbGroReceive } from "../../../net/core/gro/merge.js";
import { napiComplete, napiGetFrags, napiGroFrags } from "../../../net/core/gro/napi.js";
import { NapiGroCb, napiGroCb } from "../../../net/core/gro/napiGroCb.js";
import { receivingDevice } from "../../../net/core/gro/testing/groPackets.js";
import { vxlanGro } from "../../../net/drivers/vxlanGro.js";
import {
  FakeNamespace,
  GroBench,
  inTunnel,
  piece,
  pseudoOf,
  tcpFrame,
  type UdpFrame,
  udpFrame,
} from "../../../net/ipv4/testing/groFlows.js";
import type { NetKernel } from "../../../net/NetKernel.js";
import { allocPage } from "../../../skb/alloc.js";
import { kfreeSkb } from "../../../skb/free.js";
import type { Frag } from "../../../skb/Page.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import {
  faultOf,
  flatten,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  must,
  type Shape,
} from "../../../skb/testing/make.js";
import { emitVxlan, VXLAN_HLEN, VXLAN_PORT } from "../../../wire/vxlan.js";
import type { BugCases } from "./bugCase.js";

const MSS = 40;
const FORWARDING = { groUdpFwd: true };
const LIST = { groFraglist: true };

const datagram = (i: number, of: UdpFrame = {}): Uint8Array => udpFrame({ data: piece(MSS, i), ip: { id: i }, ...of });

function vxlanHeader(vni: number): Uint8Array {
  const bytes = new Uint8Array(VXLAN_HLEN);
  emitVxlan(bytes, 0, vni);
  return bytes;
}

/** A receive queue on a machine where a VXLAN device listens. */
function withTunnel(k: NetKernel, features: object = {}): GroBench {
  const socket = { groEnabled: false, tunnelGro: vxlanGro({ remcsumRx: false, remcsumNopartial: false }) };
  return new GroBench({ ...features, k, net: new FakeNamespace(new Map([[VXLAN_PORT, socket]])) });
}

/** Packets parsed up to their payload. */
function parsed(shape: Shape, mem = makeMemory()): SkBuff {
  const skb = makeSkb(mem, { gsoSize: 100, ...shape });
  const cb = new NapiGroCb(skb);
  cb.dataOffset = 28;
  cb.count = 1;
  skb.cb = cb;
  skb.dev = receivingDevice();
  return skb;
}

/** Hands over a frame whose link header is the first fragment, and all of that fragment. */
function takeFromFragments(k: NetKernel): string {
  const bench = new GroBench({ k });
  const skb = must(napiGetFrags(bench.napi, bench.mem));
  const frame = datagram(0);
  const frags = [frame.subarray(0, 14), frame.subarray(14)].map((bytes): Frag => {
    const page = must(allocPage(bench.mem, bytes.length));
    bench.mem.arena.bytes.set(bytes, page.base);
    return { page, offset: 0, len: bytes.length };
  });
  skb.shinfo.fragsChangedTo(frags);
  skb.len = skb.dataLen = frame.length;
  const fault = faultOf(() => napiGroFrags(k, bench.napi));
  return fault || `protocol ${skb.protocol.toString(16)}`;
}

export const groCases: BugCases = {
  "udp-gro-zero-payload": [
    (k) => {
      const bench = new GroBench({ ...FORWARDING, k });
      const empty = (i: number): Uint8Array => datagram(i, { data: new Uint8Array() });
      return faultOf(() => {
        for (const i of [0, 1]) bench.take(empty(i));
      });
    },
    "",
    "MEMORY(out-of-bounds)",
  ],
  "udp-gro-tunnel-l4-agg": [
    (k) => {
      const bench = withTunnel(k, LIST);
      for (const i of [0, 1]) {
        bench.take(inTunnel(vxlanHeader(42 + i), tcpFrame({ data: piece(MSS, i) }), { ip: { id: i } }));
      }
      return bench.held.map((skb) => napiGroCb(skb).count);
    },
    [1, 1],
    // Of two networks.
    [2],
  ],
  "udp-gro-flist-complete-encap": [
    (k) => {
      const bench = withTunnel(k, LIST);
      for (const i of [0, 1]) bench.take(inTunnel(vxlanHeader(42), datagram(i), { ip: { id: i } }));
      const [skb] = bench.flush() as [SkBuff];
      return {
        isTunnel: (skb.shinfo.gsoType & SKB_GSO_UDP_TUNNEL_CSUM) !== 0,
        innerLength: getU16(flatten(skb), 20 + 8 + VXLAN_HLEN + 14 + 20 + 4),
      };
    },
    { isTunnel: true, innerLength: 8 + 2 * MSS },
    { isTunnel: false, innerLength: 8 + MSS },
  ],
  "udp-gro-noflush": [(k) => new GroBench({ k }).take(datagram(0)), "NORMAL", "HELD"],
  "udp-gro-inner-l3-as-outer": [
    (k) => {
      const bench = withTunnel(k);
      for (const i of [0, 1]) {
        const inner = tcpFrame({ ipv6: true, data: piece(MSS, i), seq: 100 + i * MSS });
        bench.take(inTunnel(vxlanHeader(42), inner, { ip: { id: i } }));
      }
      const bytes = flatten(bench.flush()[0] as SkBuff);
      const ulen = 8 + VXLAN_HLEN + 14 + 40 + 20 + 2 * MSS;
      return { length: getU16(bytes, 20 + 4) === ulen, checksum: getU16(bytes, 20 + 6) === pseudoOf(false, 17, ulen) };
    },
    { length: true, checksum: true },
    { length: true, checksum: false },
  ],
  "gro-dodgy-merged": [
    (k) => {
      const bench = new GroBench({ k });
      bench.take(tcpFrame({ data: piece(MSS, 0), ip: { id: 0 } }));
      // Two segments that nobody has counted.
      bench.take(tcpFrame({ data: piece(2 * MSS, 1), seq: 5000 + MSS, ip: { id: 1 } }), { headFrag: true }, (skb) => {
        Object.assign(skb.shinfo, { gsoSize: MSS, gsoSegs: 0, gsoType: SKB_GSO_TCPV4 | SKB_GSO_DODGY });
        skb.ipSummed = CHECKSUM_UNNECESSARY;
      });
      return [...bench.delivered, ...bench.held].map((skb) => [napiGroCb(skb).count, skb.len - 40]);
    },
    [
      [1, MSS],
      [0, 2 * MSS],
    ],
    [[1, 3 * MSS]],
  ],
  "gro-merge-zcopy": [
    (k) => {
      const mem = makeMemory();
      const p = parsed({ linear: 128 }, mem);
      const skb = parsed({ linear: 28, frags: [100] }, mem);
      const page = (skb.shinfo.frags[0] as Frag).page;
      giveZerocopyOwner(skb, "managed");
      skbGroReceive(k, p, skb);
      for (const one of [p, skb]) kfreeSkb(one);
      return { "references of the owner's": page.refs };
    },
    { "references of the owner's": 1 },
    { "references of the owner's": 0 },
  ],
  "gro-bigtcp-criteria": [
    (k) => {
      const big = { groMaxSize: 200_000, groIpv4MaxSize: 200_000 };
      const bench = new GroBench({ ...big, k });
      const size = 30_000;
      const take = (i: number): string =>
        bench.take(tcpFrame({ ipv6: true, data: piece(size, i), seq: 5000 + i * size }), {
          linear: 14,
          fragment: 1 << 16,
          headroom: 7,
        });
      for (const i of [0, 1, 2]) take(i);
      return faultOf(() => napiComplete(k, bench.napi));
    },
    "",
    "MEMORY(out-of-bounds)",
  ],
  "gro-frags-eth-uaf": [takeFromFragments, "protocol 800", "MEMORY(use-after-free)"],
};
