import { describe, expect, test } from "vitest";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_UNNECESSARY,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import { bytesAt } from "../../skb/bytes.js";
import { EINVAL, ENOMEM, EPROTONOSUPPORT } from "../../skb/errno.js";
import { skbPullInner, skbPushInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { clonesOf, failAllocations, faultOf, makeMemory, makeSkb, must } from "../../skb/testing/make.js";
import { ETH_P_ARP, ETH_P_IP } from "../../wire/ethernet.js";
import type { GsoSegment, NetKernel, Segments } from "../NetKernel.js";
import {
  gsoMakeChecksum,
  gsoPskbExpandHead,
  gsoRecursionIncTest,
  gsoResetChecksum,
  skbGsoErrorUnwind,
  skbGsoSegment,
  skbGsoSegmentInner,
  skbMacGsoSegment,
} from "./gso.js";
import { gsoSeams } from "./gso.seams.js";
import type { NetDevice } from "./NetDevice.js";

/** A kernel that knows one network protocol. */
const kernelWith = (handler: GsoSegment, more: Partial<NetKernel> = {}): NetKernel =>
  ({ gso: gsoSeams, offloads: { packet: new Map([[ETH_P_IP, handler]]) }, ...more }) as unknown as NetKernel;

function frame(): SkBuff {
  const skb = makeSkb(makeMemory(), { linear: 14 + 50, gsoSize: 10, gsoType: SKB_GSO_UDP_L4 });
  skb.protocol = ETH_P_IP;
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data + 14;
  skb.macLen = 14;
  return skb;
}

describe("the running sum in SKB_GSO_CB", () => {
  test("gso_make_checksum sums from the transport header, the payload by the sum that is kept", () => {
    const skb = frame();
    skb.transportHeader = skb.data + 34;
    skb.cbCsumStart = skb.data + 42;
    skb.cbCsum = 0x1234;
    const header = bytesAt(skb, skb.transportHeader, 8);
    expect(gsoMakeChecksum(skb, 0xbeef)).toBe(csumFold(csumPartial(header, 0, 8, 0x1234)));
    expect([skb.cbCsum, skb.cbCsumStart]).toEqual([0xbeef, skb.transportHeader]);
  });

  test("where nobody kept a sum, it covers the low six bits of a negative length, as on x86-64", () => {
    const skb = frame();
    skb.transportHeader = 48;
    const bytes = bytesAt(skb, 48, -48 & 63);
    expect(bytes).toHaveLength(16);
    expect(gsoMakeChecksum(skb, 0)).toBe(csumFold(csumPartial(bytes, 0, 16, 0)));
  });

  test("gso_reset_checksum starts over at csum_start, but not under remote checksum offload", () => {
    const skb = frame();
    skb.csumStart = 99;
    gsoResetChecksum(skb, 5);
    expect([skb.cbCsum, skb.cbCsumStart]).toEqual([5, 99]);
    skb.remcsumOffload = true;
    gsoResetChecksum(skb, 6);
    expect(skb.cbCsum).toBe(5);
  });

  test("gso_recursion_inc_test is true from the sixth IP header on", () => {
    const k = kernelWith(() => null);
    const skb = frame();
    expect(Array.from({ length: 6 }, () => gsoRecursionIncTest(k, skb))).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  test("gso_pskb_expand_head moves mac_offset along, unless memory runs out", () => {
    const skb = frame();
    skb.cbMacOffset = skb.data;
    expect(gsoPskbExpandHead(skb, 16)).toBe(0);
    expect([skb.data, skb.cbMacOffset]).toEqual([80, 80]);
    failAllocations(skb.mem, 1);
    expect(gsoPskbExpandHead(skb, 16)).toBe(-ENOMEM);
    expect([skb.data, skb.cbMacOffset]).toEqual([80, 80]);
  });
});

describe("skb_gso_error_unwind", () => {
  test("puts the outer header back and counts the others from the MAC header", () => {
    const skb = frame();
    const at = skb.data;
    skbPullInner(skb, 30);
    Object.assign(skb, { macHeader: skb.data, networkHeader: skb.data, macLen: 0, protocol: ETH_P_ARP });
    skbGsoErrorUnwind(skb, ETH_P_IP, 10, at, 14);
    expect([skb.data, skb.transportHeader, skb.macHeader, skb.networkHeader]).toEqual([at + 20, at + 20, at, at + 14]);
    expect([skb.len, skb.macLen, skb.protocol, skb.encapsulation]).toEqual([44, 14, ETH_P_IP, true]);
  });

  test("a header for which there is no room: the kernel stops", () => {
    const skb = frame();
    expect(faultOf(() => skbGsoErrorUnwind(skb, ETH_P_IP, skb.data + 1, 0, 14))).toBe("PANIC(under)");
  });
});

describe("skb_mac_gso_segment", () => {
  test("pulls the link header for the handler and restores data, whatever the handler did", () => {
    const skb = frame();
    const at = skb.data;
    let seenAt = 0;
    const result = skbMacGsoSegment(
      kernelWith((_k, one) => {
        seenAt = one.data;
        skbPullInner(one, 8);
        return null;
      }),
      skb,
      0,
    );
    expect([result, seenAt, skb.data, skb.len]).toEqual([null, at + 14, at, 64]);
  });

  test("hands the features on and gives back what the handler returned", () => {
    const skb = frame();
    let given = 0;
    const k = kernelWith((_k, one, features) => {
      given = features;
      return one;
    });
    expect(skbMacGsoSegment(k, skb, 123)).toBe(skb);
    expect(given).toBe(123);
  });

  test("type 0: -EINVAL", () => {
    const skb = frame();
    skb.protocol = 0;
    expect(
      skbMacGsoSegment(
        kernelWith(() => null),
        skb,
        0,
      ),
    ).toBe(-EINVAL);
  });

  test("a protocol without a handler: -EPROTONOSUPPORT, data at the MAC header", () => {
    const skb = frame();
    skb.protocol = ETH_P_ARP;
    expect(
      skbMacGsoSegment(
        kernelWith(() => null),
        skb,
        0,
      ),
    ).toBe(-EPROTONOSUPPORT);
    expect(skb.data).toBe(skb.macHeader);
  });
});

describe("__skb_gso_segment", () => {
  const shared = (ipSummed: number): SkBuff => {
    const skb = frame();
    skb.ipSummed = ipSummed;
    return must(clonesOf(skb, 1)[0]);
  };

  test.each([
    ["tx_path", true, CHECKSUM_NONE, true],
    ["tx_path", true, CHECKSUM_UNNECESSARY, false],
    ["tx_path", true, CHECKSUM_COMPLETE, true],
    ["tx_path", true, CHECKSUM_PARTIAL, false],
    ["receive", false, CHECKSUM_NONE, true],
    ["receive", false, CHECKSUM_UNNECESSARY, false],
    ["receive", false, CHECKSUM_COMPLETE, false],
    ["receive", false, CHECKSUM_PARTIAL, false],
  ])(
    "%s, ip_summed: the header is made private exactly when the checksum needs a check",
    (_name, txPath, ipSummed, unshares) => {
      const skb = shared(ipSummed);
      const { head } = skb;
      skbGsoSegmentInner(
        kernelWith(() => -EINVAL),
        skb,
        0,
        txPath,
      );
      expect(skb.head !== head).toBe(unshares);
    },
  );

  test("no memory for a private header: -ENOMEM, and no handler is called", () => {
    const skb = shared(CHECKSUM_NONE);
    failAllocations(skb.mem, 1);
    let called = false;
    const k = kernelWith(() => {
      called = true;
      return null;
    });
    expect(skbGsoSegment(k, skb, 0)).toBe(-ENOMEM);
    expect(called).toBe(false);
  });

  test("sets up the control buffer and the MAC header at data", () => {
    const skb = frame();
    skb.ipSummed = CHECKSUM_PARTIAL;
    Object.assign(skb, { cbEncapLevel: 40, cbRecursion: 3, macHeader: 0, macLen: 0 });
    skbGsoSegment(
      kernelWith(() => null),
      skb,
      0,
    );
    expect(skb).toMatchObject({ cbMacOffset: 64, cbEncapLevel: 0, cbRecursion: 0, macHeader: 64, macLen: 14 });
  });

  test.each<[string, (k: NetKernel, skb: SkBuff) => Segments, number, string[]]>([
    ["a list with nobody's checksum", (_k, skb) => makeSkb(skb.mem), CHECKSUM_NONE, ["WARN(bad-offload)"]],
    ["NULL with nobody's checksum", () => null, CHECKSUM_NONE, ["WARN(bad-offload)"]],
    ["the packet itself", (_k, skb) => skb, CHECKSUM_NONE, []],
    ["an error", () => -EINVAL, CHECKSUM_NONE, []],
    ["a list with a checksum", (_k, skb) => makeSkb(skb.mem), CHECKSUM_PARTIAL, []],
  ])("warns of a bad offload for %s or not", (_name, handler, ipSummed, expected) => {
    const skb = frame();
    skb.ipSummed = ipSummed;
    skbGsoSegment(kernelWith(handler), skb, 0);
    expect(skb.mem.warnings.map(({ kind, id }) => `${kind}(${id})`)).toEqual(expected);
  });

  test("the check is evaluated again after segmentation", () => {
    const skb = frame();
    const settles = kernelWith((_k, one) => {
      one.ipSummed = CHECKSUM_UNNECESSARY;
      return null;
    });
    skbGsoSegment(settles, skb, 0);
    expect(skb.mem.warnings).toEqual([]);
  });

  const device = (features: number, gsoPartialFeatures: number) => ({ features, gsoPartialFeatures }) as NetDevice;
  test.each([
    ["kept when the device's partial features cover the type", device(NETIF_F_GSO_UDP_L4, NETIF_F_GSO_UDP_L4), true],
    ["dropped when they do not", device(NETIF_F_GSO_UDP_L4, 0), false],
    ["dropped without a device", null, false],
  ])("GSO_PARTIAL is %s", (_name, dev, kept) => {
    const skb = frame();
    skb.shinfo.gsoType |= SKB_GSO_DODGY;
    skb.dev = dev;
    let given = 0;
    const k = kernelWith((_k, _skb, features) => {
      given = features;
      return null;
    });
    skbGsoSegment(k, skb, NETIF_F_SG | NETIF_F_GSO_PARTIAL);
    expect(given).toBe(kept ? NETIF_F_SG | NETIF_F_GSO_PARTIAL : NETIF_F_SG);
  });

  test("the tracepoint sees the packet before and the result after", () => {
    const skb = frame();
    const seen: unknown[] = [];
    const k = kernelWith(
      (_k, one) => {
        skbPushInner(one, 0);
        return -EINVAL;
      },
      {
        tracepoint: {
          enter: (one, features, txPath) => seen.push(["enter", one, features, txPath]),
          exit: (one, result) => seen.push(["exit", one, result]),
        },
      },
    );
    skbGsoSegmentInner(k, skb, 5, false);
    expect(seen).toEqual([
      ["enter", skb, 5, false],
      ["exit", skb, -EINVAL],
    ]);
  });
});
