import { describe, expect, test } from "vitest";
import { makeMemory } from "../../../skb/testing/make.js";
import { IP_DF } from "../../../wire/ipv4.js";
import type { NetKernel } from "../../NetKernel.js";
import { skbGroResetOffset } from "./groHeader.js";
import { napiGroCb } from "./napiGroCb.js";
import { groCompleteNetworkOffset, groReceiveNetworkFlush, skbGroReceiveNetworkOffset } from "./networkFlush.js";
import { inIpv4, inIpv6, inMemory, type Toy, type Toy6, toyKernel, toySegment } from "./testing/groPackets.js";

const mem = makeMemory();

/** A held packet of `count` segments and a new one, of which the transport headers lie `off` behind data. */
function pair(packets: readonly [Uint8Array, Uint8Array], off: number, count = 1, inner?: number) {
  const [p, skb] = packets.map((bytes) => {
    const one = inMemory(mem, bytes);
    skbGroResetOffset(one);
    return one;
  }) as [ReturnType<typeof inMemory>, ReturnType<typeof inMemory>];
  p.transportHeader = p.data + off;
  const cb = napiGroCb(p);
  cb.count = count;
  if (inner !== undefined) {
    cb.encapMark = true;
    cb.networkOffsets[1] = inner;
  }
  return { p, skb, off };
}

const v4 = (held: Toy, fresh: Toy, count = 1) =>
  pair([inIpv4(toySegment({}), held), inIpv4(toySegment({}), fresh)], 20, count);
const v6 = (held: Toy6, fresh: Toy6) => pair([inIpv6(toySegment({}), held), inIpv6(toySegment({}), fresh)], 40);
const flush = ({ p, skb, off }: ReturnType<typeof pair>, k: NetKernel = toyKernel): number =>
  groReceiveNetworkFlush(k, skb, p, off);

describe("IPv4", () => {
  test("identifications count up from the first one, whether or not the packet may be fragmented", () => {
    for (const fragOff of [IP_DF, 0]) {
      expect(flush(v4({ id: 100, fragOff }, { id: 101, fragOff }))).toBe(0);
      expect(flush(v4({ id: 100, fragOff }, { id: 103, fragOff }, 3))).toBe(0);
      expect(flush(v4({ id: 100, fragOff }, { id: 102, fragOff }))).not.toBe(0);
    }
  });

  test("they count modulo 65536", () => {
    expect(flush(v4({ id: 65_535 }, { id: 0 }))).toBe(0);
  });

  test("a second packet that repeats the first one's makes a flow with a fixed one", () => {
    const first = v4({ id: 100 }, { id: 100 });
    expect(flush(first)).toBe(0);
    expect(napiGroCb(first.p).ipFixedid).toBe(true);
    napiGroCb(first.p).count = 2;
    expect(flush(first)).toBe(0);
    expect(flush({ ...v4({ id: 100 }, { id: 102 }), p: first.p })).not.toBe(0);
  });

  test("a third packet that repeats it does not", () => {
    expect(flush(v4({ id: 100 }, { id: 100 }, 2))).not.toBe(0);
  });

  test("time to live, type of service and the fragmentation bit must be equal", () => {
    expect(flush(v4({ id: 1, ttl: 64 }, { id: 2, ttl: 63 }))).not.toBe(0);
    expect(flush(v4({ id: 1, tos: 0 }, { id: 2, tos: 1 }))).not.toBe(0);
    expect(flush(v4({ id: 1, fragOff: 0 }, { id: 2, fragOff: IP_DF }))).not.toBe(0);
  });

  test("a kernel before 6.18 fixes identifications only where fragments are forbidden", () => {
    const older = { ...toyKernel, groFlush: { ...toyKernel.groFlush, mayHaveFixedId: (df: boolean) => df } };
    expect(flush(v4({ id: 7, fragOff: 0 }, { id: 7, fragOff: 0 }), older)).not.toBe(0);
    expect(flush(v4({ id: 7 }, { id: 7 }), older)).toBe(0);
  });
});

describe("IPv6", () => {
  test("traffic class and hop limit must be equal; the flow label is not looked at here", () => {
    expect(flush(v6({}, { flowLabel: 5 }))).toBe(0);
    expect(flush(v6({}, { trafficClass: 1 }))).toBe(1);
    expect(flush(v6({}, { hopLimit: 1 }))).toBe(1);
  });
});

describe("inside a tunnel", () => {
  const tunnelled = (outer: readonly [Toy, Toy], inner: readonly [Toy, Toy]) => {
    const packet = (i: 0 | 1) => inIpv4(inIpv4(toySegment({}), inner[i]), outer[i], 4);
    return pair([packet(0), packet(1)], 40, 1, 20);
  };

  test("both headers are looked at", () => {
    expect(flush(tunnelled([{ id: 1 }, { id: 2 }], [{ id: 5 }, { id: 6 }]))).toBe(0);
    expect(flush(tunnelled([{ id: 1 }, { id: 9 }], [{ id: 5 }, { id: 6 }]))).not.toBe(0);
    expect(flush(tunnelled([{ id: 1 }, { id: 2 }], [{ id: 5 }, { id: 9 }]))).not.toBe(0);
  });

  test("each may have its own fixed identification", () => {
    const one = tunnelled([{ id: 1 }, { id: 2 }], [{ id: 5 }, { id: 5 }]);
    expect(flush(one)).toBe(0);
    expect(napiGroCb(one.p)).toMatchObject({ ipFixedid: false, innerIpFixedid: true });
  });

  test("a kernel before 6.18 ignores the outer identification where fragments are forbidden", () => {
    const older = {
      ...toyKernel,
      groFlush: { ...toyKernel.groFlush, ignoresId: (outer: boolean, df: boolean) => outer && df },
    };
    expect(flush(tunnelled([{ id: 1 }, { id: 9 }], [{ id: 5 }, { id: 6 }]), older)).toBe(0);
    expect(
      flush(
        tunnelled(
          [
            { id: 1, fragOff: 0 },
            { id: 9, fragOff: 0 },
          ],
          [{ id: 5 }, { id: 6 }],
        ),
        older,
      ),
    ).not.toBe(0);
    expect(flush(tunnelled([{ id: 1 }, { id: 2 }], [{ id: 5 }, { id: 9 }]), older)).not.toBe(0);
  });

  test("the header that is meant depends on the layer that is received or completed", () => {
    const { p } = tunnelled([{}, {}], [{}, {}]);
    expect(skbGroReceiveNetworkOffset(p)).toBe(20);
    expect(groCompleteNetworkOffset(toyKernel, p)).toBe(0);
    p.encapsulation = true;
    expect(groCompleteNetworkOffset(toyKernel, p)).toBe(20);
    napiGroCb(p).encapMark = false;
    expect(skbGroReceiveNetworkOffset(p)).toBe(0);
  });
});
