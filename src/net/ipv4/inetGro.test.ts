import { describe, expect, test } from "vitest";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { bytesAt, readU16 } from "../../skb/bytes.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { makeMemory } from "../../skb/testing/make.js";
import { ETH_P_IP } from "../../wire/ethernet.js";
import { IP_CE, IP_DF, IP_MF } from "../../wire/ipv4.js";
import { Napi, napiComplete, napiGroReceive } from "../core/gro/napi.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import {
  inEthernet,
  inIpv4,
  toyKernel as k,
  received,
  receivingDevice,
  type Toy,
  toyFrame4,
  toySegment,
} from "../core/gro/testing/groPackets.js";
import { inetGroComplete } from "./inetGro.js";

function bench() {
  const mem = makeMemory("identity", 1 << 18);
  const up: SkBuff[] = [];
  const napi = new Napi(receivingDevice({ groIpv4MaxSize: 200_000 }), (skb) => up.push(skb), { groNormalBatch: 1 });
  const give = (frame: Uint8Array) => napiGroReceive(k, napi, received(mem, napi.dev, frame, { linear: 14 }));
  return { mem, napi, up, give };
}

/** The verdict on a packet whose frame was changed at an offset from its IP header. */
function verdictOn(change: (packet: Uint8Array) => void, toy: Toy = {}): string {
  const frame = toyFrame4(toy);
  change(frame.subarray(14));
  return bench().give(frame);
}

const settle = (packet: Uint8Array): void => {
  packet.set([0, 0], 10);
  const check = csumFold(csumPartial(packet, 0, 20, 0));
  packet.set([check >>> 8, check & 0xff], 10);
};

describe("which packets are merged or held", () => {
  test("those with a plain header, a right checksum, and nothing behind the packet", () => {
    expect(verdictOn(() => {})).toBe("HELD");
    expect(
      verdictOn((packet) => {
        packet[10] = (packet[10] as number) ^ 1;
      }),
    ).toBe("NORMAL");
    expect(verdictOn(() => {}, { padding: 18 })).toBe("NORMAL");
  });

  test("not one with options", () => {
    expect(
      verdictOn((packet) => {
        packet[0] = 0x46;
        settle(packet);
      }),
    ).toBe("NORMAL");
  });

  test("not fragments, nor one with the reserved bit", () => {
    for (const fragOff of [IP_MF, 1, IP_CE | IP_DF]) expect(verdictOn(() => {}, { fragOff })).toBe("NORMAL");
    expect(verdictOn(() => {}, { fragOff: 0 })).toBe("HELD");
  });

  test("not one whose transport nobody knows, nor half a header", () => {
    expect(bench().give(inEthernet(inIpv4(toySegment({}), {}, 200), ETH_P_IP))).toBe("NORMAL");
    expect(bench().give(inEthernet(new Uint8Array(19).fill(0x45), ETH_P_IP))).toBe("NORMAL");
  });
});

test("a flow has one pair of addresses and one protocol", () => {
  for (const at of [9, 12, 19]) {
    const { give } = bench();
    give(toyFrame4({ id: 1 }));
    const other = toyFrame4({ id: 2 });
    other[14 + at] = at === 9 ? 17 : 9;
    settle(other.subarray(14));
    expect(give(other)).not.toMatch(/MERGED/);
  }
});

test("a padded packet completes the aggregate in front of it and follows it", () => {
  const { give, up } = bench();
  for (const id of [1, 2]) give(toyFrame4({ id }));
  expect(give(toyFrame4({ id: 3, padding: 6 }))).toBe("NORMAL");
  expect(up.map((skb) => napiGroCb(skb).count)).toEqual([2, 1]);
});

describe("an aggregate", () => {
  test("gets its own length and a header checksum that is right", () => {
    const { give, up, napi } = bench();
    for (const id of [1, 2, 3]) give(toyFrame4({ id }));
    napiComplete(k, napi);
    const skb = up[0] as SkBuff;
    expect(readU16(skb, skb.data + 2)).toBe(20 + 4 + 24);
    expect(csumFold(csumPartial(bytesAt(skb, skb.data, 20), 0, 20, 0))).toBe(0);
    expect(readU16(skb, skb.data + 4)).toBe(1);
  });

  test("says 0 where its length has no room", () => {
    const { mem, napi } = bench();
    const skb = received(mem, napi.dev, toyFrame4({ payload: new Uint8Array(65_511) }));
    skb.cb = null;
    inetGroComplete(
      { ...k, offloads: { ...k.offloads, inetGro: new Map([[253, { receive: () => null, complete: () => 0 }]]) } },
      skb,
      0,
    );
    expect(readU16(skb, skb.data + 2)).toBe(65_535);
    const more = received(mem, napi.dev, toyFrame4({ payload: new Uint8Array(65_511), padding: 1 }));
    inetGroComplete(
      { ...k, offloads: { ...k.offloads, inetGro: new Map([[253, { receive: () => null, complete: () => 0 }]]) } },
      more,
      0,
    );
    expect(readU16(more, more.data + 2)).toBe(0);
  });

  test("whose transport is gone is not completed", () => {
    const { mem, napi } = bench();
    const skb = received(mem, napi.dev, inEthernet(inIpv4(toySegment({}), {}, 200), ETH_P_IP));
    expect(inetGroComplete(k, skb, 0)).toBe(-38);
    expect(mem.warnings.map(({ id }) => id)).toEqual(["gro-no-transport"]);
  });
});
