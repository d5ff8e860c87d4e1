import { describe, expect, test } from "vitest";
import { E2BIG, ENOMEM, ETOOMANYREFS } from "../../../skb/errno.js";
import { kfreeSkb } from "../../../skb/free.js";
import { skbSetOwnerW } from "../../../skb/owner.js";
import { SKBFL_SHARED_FRAG } from "../../../skb/SharedInfo.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { Sock } from "../../../skb/Sock.js";
import {
  alive,
  brokenRules,
  failAllocations,
  flatten,
  giveZerocopyOwner,
  makeMemory,
  makeSkb,
  NOTHING_ALIVE,
  type Shape,
  shapeOf,
} from "../../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../../wire/ethernet.js";
import { IPPROTO_TCP } from "../../../wire/tcp.js";
import type { NetKernel } from "../../NetKernel.js";
import type { ReceiveFeatures } from "../NetDevice.js";
import { skbGroReceive, skbGroReceiveList } from "./merge.js";
import { NAPI_GRO_FREE, NAPI_GRO_FREE_STOLEN_HEAD, NapiGroCb, napiGroCb } from "./napiGroCb.js";
import { toyKernel as k, receivingDevice } from "./testing/groPackets.js";

const mem = makeMemory();
const HEADERS = 28;

/** A packet that was parsed up to its payload. */
function parsed(shape: Shape, offset = HEADERS, features: Partial<ReceiveFeatures> = {}): SkBuff {
  const skb = makeSkb(mem, { gsoSize: 100, ...shape });
  const cb = new NapiGroCb(skb);
  cb.dataOffset = offset;
  cb.count = 1;
  skb.cb = cb;
  skb.protocol = ETH_P_IP;
  skb.dev = receivingDevice(features);
  return skb;
}

const held = (shape: Shape = {}, features: Partial<ReceiveFeatures> = {}): SkBuff =>
  parsed({ linear: HEADERS + 100, ...shape }, HEADERS, features);

function freeShell(skb: SkBuff): void {
  if (napiGroCb(skb).free === NAPI_GRO_FREE) kfreeSkb(skb);
}

describe("fragments move to the held packet", () => {
  test("all of them, the first one without the header bytes in it", () => {
    const p = held();
    const skb = parsed({ linear: 20, frags: [58, 50], seed: 2 });
    const expected = [...flatten(p), ...flatten(skb).subarray(HEADERS)];
    const truesize = p.truesize + skb.truesize;
    expect(skbGroReceive(k, p, skb)).toBe(0);
    expect(shapeOf(p)).toBe("linear 128 | frags 50 50");
    expect([...flatten(p)]).toEqual(expected);
    expect(p.len).toBe(228);
    expect(p.truesize + skb.truesize).toBe(truesize);
    expect(napiGroCb(skb)).toMatchObject({ free: NAPI_GRO_FREE, sameFlow: true });
    expect(napiGroCb(p).count).toBe(2);
    freeShell(skb);
    expect(brokenRules([p])).toEqual([]);
    kfreeSkb(p);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("leaves the truesize of an empty packet with that head behind", () => {
    const p = held();
    const skb = parsed({ headroom: 64, linear: HEADERS, tailroom: 4, frags: [100] });
    const before = p.truesize;
    skbGroReceive(k, p, skb);
    expect(skb.truesize).toBe(96 + 256 + 320);
    expect(p.truesize - before).toBe(132);
    expect(shapeOf(skb)).toBe(`linear ${HEADERS}`);
    for (const one of [p, skb]) kfreeSkb(one);
  });

  test("goes to the last list member, which grows along with the held packet", () => {
    const p = held();
    const member = parsed({ linear: HEADERS + 100 });
    skbGroReceive(k, p, member);
    const skb = parsed({ linear: HEADERS, frags: [100] });
    skbGroReceive(k, p, skb);
    expect(shapeOf(p)).toBe("linear 128 | list [linear 100 | frags 100]");
    expect(p.len).toBe(328);
    freeShell(skb);
    expect(brokenRules([p])).toEqual([]);
    kfreeSkb(p);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("up to seventeen, after which the packet becomes a list member", () => {
    const p = held({ linear: HEADERS, frags: Array(16).fill(10) });
    const fits = parsed({ linear: HEADERS, frags: [10] });
    expect(skbGroReceive(k, p, fits)).toBe(0);
    const tooMany = parsed({ linear: HEADERS, frags: [10] });
    expect(skbGroReceive(k, p, tooMany)).toBe(0);
    expect(shapeOf(p)).toBe(`linear 28 | frags ${Array(17).fill(10).join(" ")} | list [linear 0 | frags 10]`);
    freeShell(fits);
    kfreeSkb(p);
    expect(alive(mem)).toEqual(NOTHING_ALIVE);
  });

  test("carrying the mark of shared fragments along", () => {
    const p = held();
    const member = parsed({ linear: HEADERS + 100 });
    skbGroReceive(k, p, member);
    const skb = parsed({ linear: HEADERS, frags: [100] });
    skb.shinfo.flags = SKBFL_SHARED_FRAG;
    skbGroReceive(k, p, skb);
    expect([p.shinfo.flags, member.shinfo.flags]).toEqual([SKBFL_SHARED_FRAG, SKBFL_SHARED_FRAG]);
    freeShell(skb);
    kfreeSkb(p);
  });

  test("is memory corruption when there is no payload at all", () => {
    const [p, skb] = [held(), parsed({ linear: HEADERS })];
    expect(() => skbGroReceive(k, p, skb)).toThrow("out-of-bounds");
    for (const one of [p, skb]) kfreeSkb(one);
  });
});

describe("the head becomes a fragment", () => {
  test("where it is a page, with the packet's own fragments behind it", () => {
    const p = held();
    const skb = parsed({ linear: HEADERS + 30, headFrag: true, frags: [70], seed: 2 });
    const expected = [...flatten(p), ...flatten(skb).subarray(HEADERS)];
    const truesize = p.truesize + skb.truesize;
    expect(skbGroReceive(k, p, skb)).toBe(0);
    expect(shapeOf(p)).toBe("linear 128 | frags 30 70");
    expect([...flatten(p)]).toEqual(expected);
    expect(napiGroCb(skb).free).toBe(NAPI_GRO_FREE_STOLEN_HEAD);
    expect(skb.truesize).toBe(256);
    expect(p.truesize + skb.truesize).toBe(truesize);
  });

  test("unless there is no room for it", () => {
    const p = held({ linear: HEADERS, frags: Array(16).fill(10) });
    const skb = parsed({ linear: HEADERS + 30, headFrag: true, frags: [70] });
    expect(skbGroReceive(k, p, skb)).toBe(0);
    expect(shapeOf(p)).toContain("list [linear 30 | frags 70]");
  });
});

describe("the packet becomes a list member", () => {
  test("without its headers, its owner, and its claim on the headroom", () => {
    const p = held();
    const skb = parsed({ linear: HEADERS + 100, seed: 2 });
    const sock = new Sock("sender");
    skbSetOwnerW(p, sock);
    skbSetOwnerW(skb, sock);
    const expected = [...flatten(p), ...flatten(skb).subarray(HEADERS)];
    expect(skbGroReceive(k, p, skb)).toBe(0);
    expect([...flatten(p)]).toEqual(expected);
    expect(skb).toMatchObject({ sk: null, destructor: "", nohdr: true, len: 100 });
    expect(napiGroCb(p).last).toBe(skb);
    expect(napiGroCb(skb)).toMatchObject({ free: 0, sameFlow: true });
    kfreeSkb(p);
    expect(sock.wmemAlloc).toBe(1);
  });

  test("shortening the first fragment where the headers reach into it", () => {
    const p = held({ linear: HEADERS, frags: Array(17).fill(10) });
    const skb = parsed({ linear: 20, frags: [58, 50], seed: 2 });
    expect(skbGroReceive(k, p, skb)).toBe(0);
    expect(shapeOf(skb)).toBe("linear 0 | frags 50 50");
    expect(p.len).toBe(HEADERS + 170 + 100);
    expect(brokenRules([p])).toEqual([]);
  });

  test("and the next one follows it", () => {
    const p = held();
    for (let i = 0; i < 3; i++) skbGroReceive(k, p, parsed({ linear: HEADERS + 100 }));
    expect(shapeOf(p)).toBe("linear 128 | list [linear 100, linear 100, linear 100]");
    expect(napiGroCb(p).count).toBe(4);
  });

  test("unless its linear payload is more than one segment, which could not be cut later", () => {
    const skb = parsed({ linear: HEADERS + 101 });
    expect(skbGroReceive(k, held(), skb)).toBe(-E2BIG);
    expect(skb.len).toBe(HEADERS + 101);
  });
});

describe("no merging", () => {
  test("of user memory, on either side", () => {
    const [mine, theirs] = [parsed({ linear: HEADERS, frags: [100] }), held({ linear: HEADERS, frags: [100] })];
    for (const one of [mine, theirs]) giveZerocopyOwner(one, "managed");
    expect(skbGroReceive(k, held(), mine)).toBe(-ETOOMANYREFS);
    expect(skbGroReceive(k, theirs, parsed({ linear: HEADERS + 100 }))).toBe(-ETOOMANYREFS);
  });

  test("of a packet that is marked", () => {
    const skb = parsed({ linear: HEADERS + 100 });
    napiGroCb(skb).flush = 1;
    expect(skbGroReceive(k, held(), skb)).toBe(-E2BIG);
    expect(skbGroReceiveList(k, held(), skb)).toBe(-E2BIG);
  });

  test("beyond what the device wants of the family, which is the limit of IPv4 for all but IPv6", () => {
    const limits = { groMaxSize: 300, groIpv4MaxSize: 229 };
    expect(skbGroReceive(k, held({}, limits), parsed({ linear: HEADERS + 101, frags: [] }))).toBe(-E2BIG);
    expect(skbGroReceive(k, held({}, limits), parsed({ linear: HEADERS + 100 }))).toBe(0);
    const p6 = held({}, limits);
    p6.protocol = ETH_P_IPV6;
    expect(skbGroReceive(k, p6, parsed({ linear: HEADERS + 100 }))).toBe(0);
    expect(skbGroReceive(k, p6, parsed({ linear: HEADERS + 100 }))).toBe(-E2BIG);
  });
});

describe("beyond 64 KiB", () => {
  const big = { groMaxSize: 200_000, groIpv4MaxSize: 200_000 };
  function merge(change: (p: SkBuff, skb: SkBuff) => void): number {
    const p = held({ linear: HEADERS + 100, frags: [65_400] }, big);
    const skb = parsed({ linear: HEADERS, frags: [100] });
    p.macHeader = 50;
    napiGroCb(skb).proto = IPPROTO_TCP;
    change(p, skb);
    return skbGroReceive(k, p, skb);
  }

  test("TCP over either family grows on", () => {
    expect(merge(() => {})).toBe(0);
    expect(merge((p) => Object.assign(p, { protocol: ETH_P_IPV6 }))).toBe(0);
  });

  test("nothing else does", () => {
    expect(merge((_p, skb) => Object.assign(napiGroCb(skb), { proto: 17 }))).toBe(-E2BIG);
    expect(merge((_p, skb) => Object.assign(napiGroCb(skb), { encapMark: true }))).toBe(-E2BIG);
    expect(merge((p) => Object.assign(p, { encapsulation: true }))).toBe(-E2BIG);
    expect(merge((p) => Object.assign(p, { protocol: 0x8100 }))).toBe(-E2BIG);
  });

  test("IPv6 needs eight bytes in front of the link header", () => {
    expect(merge((p) => Object.assign(p, { protocol: ETH_P_IPV6, macHeader: 7 }))).toBe(-E2BIG);
    expect(merge((p) => Object.assign(p, { protocol: ETH_P_IPV6, macHeader: 8 }))).toBe(0);
  });

  test("starts where 65536 bytes are reached", () => {
    const lengthsThatMerge = [65_407, 65_408].map((len) => {
      const p = held({ linear: HEADERS + 100 }, big);
      const skb = parsed({ linear: HEADERS, frags: [len] });
      napiGroCb(skb).proto = 17;
      return skbGroReceive(k, p, skb);
    });
    expect(lengthsThatMerge).toEqual([0, -E2BIG]);
  });
});

describe("a list of packets", () => {
  test("keeps each with its headers in front of data, and hands the charge to the first", () => {
    const p = held();
    const sock = new Sock("sender");
    const skb = parsed({ linear: HEADERS + 60, frags: [40] });
    skbSetOwnerW(p, sock);
    skbSetOwnerW(skb, sock);
    const truesize = p.truesize + skb.truesize;
    expect(skbGroReceiveList(k, p, skb)).toBe(0);
    expect(shapeOf(p)).toBe("linear 128 | list [linear 60 | frags 40]");
    expect(skb).toMatchObject({ sk: null, destructor: "", nohdr: false, len: 100 });
    expect(p.truesize).toBe(truesize);
    expect(napiGroCb(p).count).toBe(2);
    expect(brokenRules([p])).toEqual([]);
    kfreeSkb(p);
    expect(sock.wmemAlloc).toBe(1);
  });

  test("makes headers linear first", () => {
    const p = held();
    const skb = parsed({ linear: 10, frags: [118], tailroom: 64 });
    expect(skbGroReceiveList(k, p, skb)).toBe(0);
    expect(shapeOf(skb)).toBe("linear 0 | frags 100");
  });

  test("goes on without a packet whose headers cannot be made linear, which is then not held either", () => {
    const own = makeMemory();
    const p = held();
    const skb = makeSkb(own, { linear: 10, frags: [118] });
    const cb = new NapiGroCb(skb);
    cb.dataOffset = HEADERS;
    skb.cb = cb;
    failAllocations(own, 1);
    expect(skbGroReceiveList(k, p, skb)).toBe(-ENOMEM);
    expect(cb.flush).toBe(1);
    expect(shapeOf(p)).toBe("linear 128");
  });

  test("ends before 64 KiB, the headers of the new packet counted in", () => {
    const p = held({ linear: HEADERS, frags: [65_380] });
    expect(skbGroReceiveList(k, p, parsed({ linear: HEADERS + 100 }))).toBe(-E2BIG);
    expect(skbGroReceiveList(k, p, parsed({ linear: HEADERS + 99 }))).toBe(0);
  });

  test("carries the mark of shared fragments along", () => {
    const p = held();
    const skb = parsed({ linear: HEADERS, frags: [100] });
    skb.shinfo.flags = SKBFL_SHARED_FRAG;
    skbGroReceiveList(k, p, skb);
    expect(p.shinfo.flags).toBe(SKBFL_SHARED_FRAG);
  });
});

describe("a kernel that decides otherwise", () => {
  const otherwise = (own: Partial<NetKernel["groMerge"]>): NetKernel => ({ ...k, groMerge: { ...k.groMerge, ...own } });

  test("leaves a member its owner without a destructor", () => {
    const keepsSk = otherwise({
      disown: (skb) => {
        skb.destructor = "";
      },
    });
    const skb = parsed({ linear: HEADERS + 100 });
    skbSetOwnerW(skb, new Sock("sender"));
    const p = held();
    skbGroReceiveList(keepsSk, p, skb);
    expect(brokenRules([p])).toEqual([`${skb.name}: an owner has a destructor`]);
  });

  test("chains a marked packet, and linear payload of many segments", () => {
    const lax = otherwise({ refusesAsMember: () => false, mayChain: () => true });
    const marked = parsed({ linear: HEADERS + 100, members: [{ linear: 100 }] });
    napiGroCb(marked).flush = 1;
    const p = held();
    expect(skbGroReceiveList(lax, p, marked)).toBe(0);
    expect(shapeOf(p)).toBe("linear 128 | list [linear 100 | list [linear 100]]");
    expect(skbGroReceive(lax, held(), parsed({ linear: HEADERS + 500 }))).toBe(0);
  });
});
