import { describe, expect, test } from "vitest";
import { SKB_GSO_IPXIP4, SKB_GSO_IPXIP6 } from "../../abi/features.js";
import { readU16 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IPPROTO_IPIP, IPPROTO_IPV6 } from "../../wire/ipTunnel.js";
import { Napi, napiComplete, napiGroReceive } from "../core/gro/napi.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import {
  inEthernet,
  inIpv4,
  inIpv6,
  toyKernel as k,
  received,
  receivingDevice,
  toySegment,
} from "../core/gro/testing/groPackets.js";

function bench() {
  const mem = makeMemory("identity", 1 << 17);
  const up: SkBuff[] = [];
  const napi = new Napi(receivingDevice(), (skb) => up.push(skb), { groNormalBatch: 1 });
  const give = (packet: Uint8Array, proto: number) =>
    napiGroReceive(k, napi, received(mem, napi.dev, inEthernet(packet, proto), { linear: 14 }));
  return { napi, up, give };
}

const inner4 = (id: number) => inIpv4(toySegment({}), { id });
const inner6 = () => inIpv6(toySegment({}));

const kinds = [
  ["IPv4 in IPv4", (id: number) => inIpv4(inner4(id), { id }, IPPROTO_IPIP), ETH_P_IP, 20, SKB_GSO_IPXIP4],
  ["IPv6 in IPv4", (id: number) => inIpv4(inner6(), { id }, IPPROTO_IPV6), ETH_P_IP, 20, SKB_GSO_IPXIP4],
  ["IPv6 in IPv6", () => inIpv6(inner6(), {}, IPPROTO_IPV6), ETH_P_IPV6, 40, SKB_GSO_IPXIP6],
  ["IPv4 in IPv6", (id: number) => inIpv6(inner4(id), {}, IPPROTO_IPIP), ETH_P_IPV6, 40, SKB_GSO_IPXIP6],
] as const;

describe.each(kinds)("%s", (_name, packet, proto, outer, gsoType) => {
  test("is merged and described", () => {
    const { give, napi, up } = bench();
    expect(give(packet(1), proto)).toBe("HELD");
    expect(give(packet(2), proto)).toBe("MERGED_FREE");
    napiComplete(k, napi);
    const skb = up[0] as SkBuff;
    expect(napiGroCb(skb)).toMatchObject({ count: 2, encapMark: true, networkOffsets: [0, outer] });
    expect(skb.encapsulation).toBe(true);
    expect(skb.shinfo.gsoType).toBe(gsoType);
    expect(skb.innerNetworkHeader).toBe(skb.data + outer);
    const lengthField = outer === 20 ? 2 : 4;
    expect(readU16(skb, skb.data + lengthField)).toBe(skb.len - (outer === 20 ? 0 : 40));
  });

  test("is not looked at inside another tunnel", () => {
    const { give } = bench();
    expect(give(inIpv4(packet(1), { id: 1 }, proto === ETH_P_IP ? IPPROTO_IPIP : IPPROTO_IPV6), ETH_P_IP)).toBe(
      "NORMAL",
    );
  });
});

test("packets of different inner flows are held apart", () => {
  const { give } = bench();
  give(inIpv4(inIpv4(toySegment({ flow: 1 }), { id: 1 }), { id: 1 }, IPPROTO_IPIP), ETH_P_IP);
  expect(give(inIpv4(inIpv4(toySegment({ flow: 2 }), { id: 2 }), { id: 2 }, IPPROTO_IPIP), ETH_P_IP)).toBe("HELD");
});
