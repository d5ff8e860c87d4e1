import { describe, expect, test } from "vitest";
import { concat } from "../../bytes/concat.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory, shapeOf } from "../../skb/testing/make.js";
import { ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP } from "../../wire/ethernet.js";
import { emitVlan } from "../../wire/vlan.js";
import { Napi, napiComplete, napiGroReceive } from "../core/gro/napi.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import {
  inEthernet,
  inIpv4,
  received,
  receivingDevice,
  type Toy,
  toyKernel,
  toySegment,
} from "../core/gro/testing/groPackets.js";
import type { NetKernel } from "../NetKernel.js";
import { offloadsWithVlans } from "../offloads.js";
import { vlanGro } from "./vlanGro.js";

/** The toy kernel with the VLAN module loaded. */
const k: NetKernel = {
  ...toyKernel,
  offloads: { ...toyKernel.offloads, packetGro: offloadsWithVlans.packetGro },
};

function tagged(tci: number, inner: Uint8Array, proto = ETH_P_IP): Uint8Array {
  const tag = new Uint8Array(4);
  emitVlan(tag, 0, tci, proto);
  return concat([tag, inner]);
}

function bench(kernel = k) {
  const mem = makeMemory("identity", 1 << 17);
  const up: SkBuff[] = [];
  const napi = new Napi(receivingDevice(), (skb) => up.push(skb), { groNormalBatch: 1 });
  const give = (packet: Uint8Array, type = ETH_P_8021Q, linear?: number) =>
    napiGroReceive(kernel, napi, received(mem, napi.dev, inEthernet(packet, type), { linear: linear ?? 14 }));
  return { mem, napi, up, give };
}

const packet = (toy: Toy) => inIpv4(toySegment(toy), toy);

describe("receive offload of tagged frames", () => {
  test("merges packets of one VLAN", () => {
    const { give, napi, up } = bench();
    expect(give(tagged(5, packet({ id: 1 })))).toBe("HELD");
    expect(give(tagged(5, packet({ id: 2 })))).toBe("MERGED_FREE");
    napiComplete(k, napi);
    expect(up.map((skb) => [napiGroCb(skb).count, skb.len])).toEqual([[2, 4 + 20 + 4 + 16]]);
    expect(napiGroCb(up[0] as SkBuff).networkOffsets[0]).toBe(4);
    expect(shapeOf(up[0] as SkBuff)).toBe("linear 28 | frags 8 8");
  });

  test("keeps VLANs and priorities apart", () => {
    const { give } = bench();
    give(tagged(5, packet({ id: 1 })));
    expect(give(tagged(6, packet({ id: 2 })))).toBe("HELD");
    expect(give(tagged(5 | (1 << 13), packet({ id: 3 })))).toBe("HELD");
  });

  test("looks behind two tags", () => {
    const { give } = bench();
    give(tagged(7, tagged(5, packet({ id: 1 })), ETH_P_8021Q), ETH_P_8021AD);
    expect(give(tagged(7, tagged(5, packet({ id: 2 })), ETH_P_8021Q), ETH_P_8021AD)).toBe("MERGED_FREE");
  });

  test("refuses half a tag, and an unknown protocol behind one", () => {
    const { give, up } = bench();
    expect(give(Uint8Array.of(0, 5))).toBe("NORMAL");
    expect(give(tagged(5, new Uint8Array(40), 0x0806))).toBe("NORMAL");
    expect(up).toHaveLength(2);
  });

  test("does not exist without the module", () => {
    const { give } = bench(toyKernel);
    expect(give(tagged(5, packet({ id: 1 })))).toBe("NORMAL");
  });

  test("fails to complete what nobody knows", () => {
    const { mem, napi } = bench();
    const skb = received(mem, napi.dev, inEthernet(tagged(5, new Uint8Array(40), 0x0806), ETH_P_8021Q));
    expect(vlanGro.complete(k, skb, 0)).toBe(-2);
  });
});
