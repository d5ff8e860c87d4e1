import { describe, expect, test } from "vitest";
import { CHECKSUM_NONE, CHECKSUM_PARTIAL } from "../../abi/features.js";
import { getU16 } from "../../bytes/view.js";
import { putBytes } from "../../skb/bytes.js";
import { EINVAL, ENOMEM, type Errno } from "../../skb/errno.js";
import { kfreeSkb, skbGet } from "../../skb/free.js";
import { skbSetOwnerW } from "../../skb/owner.js";
import { Reference } from "../../skb/Reference.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import {
  alive,
  brokenRules,
  clonesOf,
  failAllocations,
  faultOf,
  flatten,
  makeMemory,
  makeSkb,
  membersOf,
  NOTHING_ALIVE,
  payload,
} from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { IP_MF } from "../../wire/ipv4.js";
import { fragmentIpv6 } from "../ipv6/ip6Fragment.js";
import { slowSum } from "../testing/nestedPackets.js";
import { ipPacket, RECEIVER, SENDER } from "../testing/router.js";
import { ipDoFragment } from "./ipFragment.js";

const NOOP = Uint8Array.of(1, 1, 1, 0);
/** Record route, which is not copied, and an option that is. */
const OPTIONS = Uint8Array.of(7, 3, 4, 0x82, 3, 9, 1, 0);

interface Parts {
  readonly family?: "ipv4" | "ipv6";
  readonly options?: Uint8Array;
  readonly nexthdr?: number;
  readonly fragOff?: number;
  readonly headroom?: number;
  /** Lengths of the members' payload. */
  readonly members?: readonly number[];
  readonly memberHeadroom?: number;
  /** Payload of the head, UDP header included. */
  readonly first?: number;
}

/** A datagram whose payload lies in the head and in members, as a sender builds one that it knows to be fragmented. */
function packet(parts: Parts = {}): SkBuff {
  const { members = [], memberHeadroom = 100, first = 200, headroom = 64 } = parts;
  const total = first + members.reduce((sum, len) => sum + len, 0);
  const bytes = ipPacket({ ...parts, data: payload(total - 8, 0) });
  const hlen = bytes.length - total;
  const shape = { headroom, linear: hlen + first };
  const list = members.map((linear) => ({ headroom: memberHeadroom, linear }));
  const skb = makeSkb(makeMemory(), members.length > 0 ? { ...shape, members: list } : shape);
  putBytes(skb, skb.data, bytes.subarray(0, hlen + first));
  let at = hlen + first;
  for (const member of membersOf(skb)) {
    putBytes(member, member.data, bytes.subarray(at, at + member.len));
    at += member.len;
  }
  skb.networkHeader = skb.data;
  skb.transportHeader = skb.data + hlen;
  skb.protocol = parts.family === "ipv6" ? ETH_P_IPV6 : ETH_P_IP;
  return skb;
}

interface Sent {
  readonly bytes: Uint8Array;
  readonly serial: number;
}

/** Cuts to `mtu`; the fragments are read when they are sent, and freed. */
function cut(skb: SkBuff, mtu: number, failAt = -1): { err: Errno | undefined; sent: Sent[] } {
  const sent: Sent[] = [];
  const output = (fragment: SkBuff): Errno => {
    expect(brokenRules([fragment])).toEqual([]);
    sent.push({ bytes: flatten(fragment), serial: fragment.serial });
    kfreeSkb(fragment);
    return sent.length - 1 === failAt ? -EINVAL : 0;
  };
  const err =
    skb.protocol === ETH_P_IPV6
      ? fragmentIpv6(skb, { mtu, identification: 0x01020304 }, output)
      : ipDoFragment(skb, mtu, output);
  return { err, sent };
}

/** Where each fragment begins, how long its payload is, and whether more follow. */
const plan4 = (sent: readonly Sent[]) =>
  sent.map(({ bytes }) => {
    const hlen = ((bytes[0] as number) & 15) * 4;
    expect([getU16(bytes, 2), slowSum(bytes.slice(0, hlen))]).toEqual([bytes.length, 0xffff]);
    const fragOff = getU16(bytes, 6);
    return [(fragOff & 0x1fff) * 8, bytes.length - hlen, (fragOff & IP_MF) !== 0];
  });
const plan6 = (sent: readonly Sent[], hlen = 40) =>
  sent.map(({ bytes }) => {
    expect([getU16(bytes, 4), bytes.slice(hlen + 4, hlen + 8)]).toEqual([bytes.length - 40, Uint8Array.of(1, 2, 3, 4)]);
    const fragOff = getU16(bytes, hlen + 2);
    return [fragOff & 0xfff8, bytes.length - hlen - 8, (fragOff & 1) !== 0];
  });
const bodies = (sent: readonly Sent[], hlen: number): number[] => sent.flatMap(({ bytes }) => [...bytes.slice(hlen)]);

describe("copied fragments", () => {
  test("of IPv4: each as long as fits, all but the last a multiple of eight", () => {
    const skb = packet({ first: 500 });
    const whole = flatten(skb);
    const { err, sent } = cut(skb, 200);
    expect(err).toBe(0);
    expect(plan4(sent)).toEqual([
      [0, 176, true],
      [176, 176, true],
      [352, 148, false],
    ]);
    expect(bodies(sent, 20)).toEqual([...whole.slice(20)]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("of IPv6: with a fragment header, all with one identification", () => {
    const skb = packet({ family: "ipv6", first: 500 });
    const whole = flatten(skb);
    const { err, sent } = cut(skb, 256);
    expect(err).toBe(0);
    expect(plan6(sent)).toEqual([
      [0, 208, true],
      [208, 208, true],
      [416, 84, false],
    ]);
    expect(sent.map(({ bytes }) => [bytes[6], bytes[40]])).toEqual(Array(3).fill([44, 17]));
    expect(bodies(sent, 48)).toEqual([...whole.slice(40)]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("of IPv6: hop-by-hop options stay in front of the fragment header", () => {
    const options = Uint8Array.of(17, 0, 1, 4, 0, 0, 0, 0);
    const { sent } = cut(packet({ family: "ipv6", first: 500, options, nexthdr: 0 }), 256);
    expect(plan6(sent, 48).map(([at]) => at)).toEqual([0, 200, 400]);
    expect(sent.map(({ bytes }) => [bytes[6], bytes[40], bytes[48]])).toEqual(Array(3).fill([0, 44, 17]));
  });

  test("of a fragment go on where it began, and only its last one may be the last", () => {
    const { sent } = cut(packet({ first: 300, fragOff: IP_MF | 100 }), 200);
    expect(plan4(sent)).toEqual([
      [800, 176, true],
      [976, 124, true],
    ]);
  });

  test("options that are not copied are blanked behind the first", () => {
    const { sent } = cut(packet({ first: 300, options: OPTIONS }), 200);
    expect(sent.map(({ bytes }) => bytes.slice(20, 28))).toEqual([OPTIONS, Uint8Array.of(1, 1, 1, 0x82, 3, 9, 1, 0)]);
    expect(plan4(sent)).toHaveLength(2);
  });

  test("blanking stops at what is no option", () => {
    const broken = Uint8Array.of(7, 30, 4, 9);
    const { sent } = cut(packet({ first: 300, options: broken }), 200);
    expect(sent[1]?.bytes.slice(20, 24)).toEqual(broken);
    expect(cut(packet({ first: 300, options: NOOP }), 200).sent[1]?.bytes.slice(20, 24)).toEqual(NOOP);
  });

  test("carry on what is known of their packet, and are charged to its sender", () => {
    const sender = new Sock("sender");
    const skb = packet({ first: 300 });
    const dst = new Reference(skb.mem, "dst");
    const ct = new Reference(skb.mem, "ct");
    Object.assign(skb, { priority: 3, mark: 4, hash: 5, pktType: 2, dst, nfct: ct });
    skbSetOwnerW(skb, sender);
    const known: unknown[] = [];
    ipDoFragment(skb, 200, (fragment) => {
      known.push([fragment.priority, fragment.mark, fragment.hash, fragment.pktType, fragment.sk === sender]);
      kfreeSkb(fragment);
      return 0;
    });
    expect(known).toEqual(Array(2).fill([3, 4, 5, 2, true]));
    expect([sender.wmemAlloc, dst.refs, ct.refs]).toEqual([1, 0, 0]);
  });

  test.each(["ipv4", "ipv6"] as const)("%s: a partial checksum is completed before", (family) => {
    const skb = packet({ family, first: 300 });
    const right = flatten(skb);
    const pseudo = slowSum(Uint8Array.of(...SENDER[family], ...RECEIVER[family]), 17 + 300);
    putBytes(skb, skb.transportHeader + 6, Uint8Array.of(pseudo >>> 8, pseudo & 0xff));
    Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL, csum: ((6 << 16) | skb.transportHeader) >>> 0 });
    const hlen = family === "ipv4" ? 20 : 48;
    expect(bodies(cut(skb, 256).sent, hlen)).toEqual([...right.slice(family === "ipv4" ? 20 : 40)]);
  });

  test.each(["ipv4", "ipv6"] as const)("%s: a checksum that cannot be completed ends the packet", (family) => {
    const skb = packet({ family, first: 300 });
    Object.assign(skb, { ipSummed: CHECKSUM_PARTIAL, csum: 0xffff });
    expect(cut(skb, 256)).toEqual({ err: -EINVAL, sent: [] });
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test.each(["ipv4", "ipv6"] as const)(
    "%s: no memory, or nobody who takes the next one: the rest is freed",
    (family) => {
      const short = packet({ family, first: 500 });
      failAllocations(short.mem, 2);
      expect(cut(short, 256)).toMatchObject({ err: -ENOMEM, sent: [{}] });
      expect(alive(short.mem)).toEqual(NOTHING_ALIVE);
      const refused = packet({ family, first: 500 });
      expect(cut(refused, 256, 1)).toMatchObject({ err: -EINVAL, sent: [{}, {}] });
      expect(alive(refused.mem)).toEqual(NOTHING_ALIVE);
    },
  );
});

describe.each(["ipv4", "ipv6"] as const)("a list, %s,", (family) => {
  const headers = family === "ipv4" ? 20 : 48;
  const planOf = family === "ipv4" ? plan4 : plan6;
  const list = { family, first: 200, members: [152, 152, 50] };
  const expected = [
    [0, 200, true],
    [200, 152, true],
    [352, 152, true],
    [504, 50, false],
  ];

  test("that has the right shape becomes the fragments itself", () => {
    const skb = packet(list);
    const serials = [skb, ...membersOf(skb)].map(({ serial }) => serial);
    const whole = flatten(skb);
    const { err, sent } = cut(skb, 300);
    expect(err).toBe(0);
    expect(planOf(sent)).toEqual(expected);
    expect(sent.map(({ serial }) => serial)).toEqual(serials);
    expect(bodies(sent, headers)).toEqual([...whole.slice(family === "ipv4" ? 20 : 40)]);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("each fragment is charged for itself", () => {
    const sender = new Sock("sender");
    const skb = packet(list);
    skbSetOwnerW(skb, sender);
    cut(skb, 300);
    expect(sender.wmemAlloc).toBe(1);
  });

  test.each<[string, Parts, (skb: SkBuff) => unknown]>([
    ["a head that is too long", { first: 304 }, () => {}],
    ["a head of an odd length", { first: 201 }, () => {}],
    ["a head without room for headers", { headroom: 8 }, () => {}],
    ["a cloned head", {}, (skb) => clonesOf(skb, 1)[0]],
    ["a member that is too long", { members: [304, 50] }, () => {}],
    ["a member of an odd length that is not the last", { members: [151, 50] }, () => {}],
    ["a member without room for headers", { memberHeadroom: 20 }, () => {}],
    ["a member that somebody else holds", {}, (skb) => skbGet(membersOf(skb)[1] as SkBuff)],
  ])("%s: copied instead", (_name, parts, change) => {
    const sender = new Sock("sender");
    const skb = packet({ ...list, ...parts });
    const kept = change(skb) as SkBuff | undefined;
    skbSetOwnerW(skb, sender);
    const whole = flatten(skb);
    const own = new Set([skb, ...membersOf(skb)].map(({ serial }) => serial));
    const { err, sent } = cut(skb, 300);
    expect(err).toBe(0);
    expect(sent.filter(({ serial }) => own.has(serial))).toEqual([]);
    expect(bodies(sent, headers)).toEqual([...whole.slice(family === "ipv4" ? 20 : 40)]);
    expect(sender.wmemAlloc).toBe(1);
    kfreeSkb(kept ?? null);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });

  test("whose members have owners of their own was never to be cut", () => {
    const skb = packet(list);
    Object.assign(membersOf(skb)[0] as SkBuff, { sk: new Sock("other") });
    expect(faultOf(() => cut(skb, 300))).toBe("BUG(fragment-owned)");
  });

  test("nobody takes the next fragment: the rest is freed", () => {
    const skb = packet(list);
    expect(cut(skb, 300, 1).sent).toHaveLength(2);
    expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  });
});

test("of a list, too, options are blanked behind the first fragment", () => {
  const { sent } = cut(packet({ first: 200, members: [152, 50], options: OPTIONS }), 300);
  expect(sent.map(({ bytes }) => bytes[20])).toEqual([7, 1, 1]);
  expect(plan4(sent)).toHaveLength(3);
  expect(sent).toHaveLength(3);
});

test("IPv6 headers that cannot be stepped over end the packet; an MTU below them leaves it to the caller", () => {
  const skb = packet({ family: "ipv6", options: Uint8Array.of(17, 200, 0, 0, 0, 0, 0, 0), nexthdr: 0 });
  expect(cut(skb, 300)).toEqual({ err: -EINVAL, sent: [] });
  expect(alive(skb.mem)).toEqual(NOTHING_ALIVE);
  const small = packet({ family: "ipv6" });
  expect(cut(small, 55)).toEqual({ err: undefined, sent: [] });
  expect([small.users, small.ipSummed]).toEqual([1, CHECKSUM_NONE]);
});
