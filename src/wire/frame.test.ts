import { describe, expect, test } from "vitest";
import { concat } from "../bytes/concat.js";
import { fromHex } from "../bytes/hexdump.js";
import { getU16, putU16 } from "../bytes/view.js";
import { foldedPseudoSum, ipv4HeaderChecksumOk, type ParsedFrame, parseFrame, udpChecksumState } from "./frame.js";

/*
 * Frames that Linux 6.18 sent or was given, with the id of the recorded case. White space parts the headers.
 */
const MAC4 = "020000000002 020000000001 0800";
const MAC6 = "020000000002 020000000001 86dd";
const FROM_TO_6 = "fd000000000000000000000000000001 fd000000000000000000000000000002";

/** bridge-0fb5d805e7: an IPv4 super-frame of thirteen bytes, gso_size 4, and what came out. */
const superFrame4 = fromHex(`${MAC4} 45000029fffe0000401166c30a0000010a000002 03fb07f100151429
  4e555c636a71787f868d949ba2`);
const segments4 = [
  `${MAC4} 45000020fffe0000401166cc0a0000010a000002 03fb07f1000c352f 4e555c63`,
  `${MAC4} 45000020ffff0000401166cb0a0000010a000002 03fb07f1000cfcf6 6a71787f`,
  `${MAC4} 4500002000000000401166cb0a0000010a000002 03fb07f1000cc4be 868d949b`,
  `${MAC4} 4500001d00010000401166cd0a0000010a000002 03fb07f100093ded a2`,
].map(fromHex);

/** bridge-488e54b491: the same of IPv6; first and last. */
const superFrame6 = fromHex(`${MAC6} 6000000000191140 ${FROM_TO_6} 048707dd0019fa2e
  424950575e656c737a81888f969da4abb2`);
const segments6 = [
  `${MAC6} 60000000000c1140 ${FROM_TO_6} 048707dd000c66cd 42495057`,
  `${MAC6} 6000000000091140 ${FROM_TO_6} 048707dd00094773 b2`,
].map(fromHex);

/** bridge-ff89d66c49: UFO over IPv4, all six fragments. */
const fragments4 = [
  `${MAC4} 4500001c123420004011349b0a0000010a000002 03e807d000304db6`,
  `${MAC4} 4500001c123420014011349a0a0000010a000002 757c838a91989fa6`,
  `${MAC4} 4500001c12342002401134990a0000010a000002 adb4bbc2c9d0d7de`,
  `${MAC4} 4500001c12342003401134980a0000010a000002 e5ecf3fa01080f16`,
  `${MAC4} 4500001c12342004401134970a0000010a000002 1d242b323940474e`,
  `${MAC4} 4500001c12340005401154960a0000010a000002 555c636a71787f86`,
].map(fromHex);

/** bridge-359a056fd4: UFO over IPv6, all six fragments. */
const fragments6 = [
  `${MAC6} 6000000000102c40 ${FROM_TO_6} 110000013d3d228b 03e807d0003067b4`,
  `${MAC6} 6000000000102c40 ${FROM_TO_6} 110000093d3d228b 757c838a91989fa6`,
  `${MAC6} 6000000000102c40 ${FROM_TO_6} 110000113d3d228b adb4bbc2c9d0d7de`,
  `${MAC6} 6000000000102c40 ${FROM_TO_6} 110000193d3d228b e5ecf3fa01080f16`,
  `${MAC6} 6000000000102c40 ${FROM_TO_6} 110000213d3d228b 1d242b323940474e`,
  `${MAC6} 6000000000102c40 ${FROM_TO_6} 110000283d3d228b 555c636a71787f86`,
].map(fromHex);

/** bridge-389cb7d6d3: hop-by-hop header of sixteen bytes. */
const hopByHop = fromHex(`${MAC6} 6000000000190040 ${FROM_TO_6} 1101010c0000000000000000000000 00
  03e807d000097d1f 7d`);
/** bridge-0f3eaa27e1, cut behind the UDP header: IPv4 with eight bytes of options. */
const withOptions = fromHex(`${MAC4} 4700005612364000401184 4d0a0000010a0000028307080a00000300 03e807d0003a8bbb`);
/** bridge-e7726b50f7: a VLAN tag. */
const tagged = fromHex(`020000000002020000000001 8100e064 86dd 60000000003a1140 ${FROM_TO_6} 03e807d0003a667c
  ced5dce3eaf1f8ff060d141b222930373e454c535a61686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb020910171e25`);
/** bridge-26f032e390: sent with its checksum left to the device. */
const partial = fromHex(`${MAC4} 4500004e12364000401114670a0000010a000002 03e807d0003a144e
  0c131a21282f363d444b525960676e757c838a91989fa6adb4bbc2c9d0d7dee5ecf3fa01080f161d242b323940474e555c63`);
/** bridge-69eb1a0639 of IPv6: the same. */
const partial6 = fromHex(`${MAC6} 6000000000091140 ${FROM_TO_6} 03e807d00009fa1e d5`);

function parsed(frame: Uint8Array): ParsedFrame {
  const result = parseFrame(frame);
  if (result === undefined) throw new Error("the frame does not parse");
  return result;
}

describe("parseFrame", () => {
  test("finds every header of an IPv4 datagram", () => {
    expect(parsed(segments4[0]!)).toEqual({
      macLen: 14,
      etherType: 0x0800,
      version: 4,
      l3Offset: 14,
      l3HeaderLen: 20,
      l4Offset: 34,
      l4Proto: 17,
      ipTotalLen: 32,
      ipId: 0xfffe,
      fragment: undefined,
      saddrOffset: 26,
      daddrOffset: 30,
      addrLen: 4,
      udp: { sourcePort: 0x03fb, destinationPort: 0x07f1, length: 12, check: 0x352f },
      payloadOffset: 42,
    });
  });

  test("steps over a VLAN tag to an IPv6 datagram", () => {
    expect(parsed(tagged)).toMatchObject({
      macLen: 18,
      etherType: 0x86dd,
      version: 6,
      l3Offset: 18,
      l3HeaderLen: 40,
      l4Offset: 58,
      ipTotalLen: 58,
      ipId: 0,
      saddrOffset: 26,
      daddrOffset: 42,
      addrLen: 16,
      payloadOffset: 66,
    });
  });

  test("steps over nested tags", () => {
    const nested = concat([fromHex("020000000002 020000000001 88a80001 81000002"), tagged.subarray(12)]);
    expect(parsed(nested)).toMatchObject({ macLen: 26, l3Offset: 26, l4Offset: 66, payloadOffset: 74 });
  });

  test("steps over IPv4 options", () => {
    expect(parsed(withOptions)).toMatchObject({ l3HeaderLen: 28, l4Offset: 42, payloadOffset: 50 });
  });

  test("steps over IPv6 extension headers", () => {
    expect(parsed(hopByHop)).toMatchObject({ l3HeaderLen: 40, l4Offset: 70, l4Proto: 17, payloadOffset: 78 });
  });

  test("counts an authentication header in units of four", () => {
    const frame = fromHex(`${MAC6} 6000000000203340 ${FROM_TO_6}
      1104000000000001 00000002aabbccdd eeff001122334455 03e807d0 0008 0000`);
    expect(parsed(frame)).toMatchObject({ l4Offset: 54 + 24, l4Proto: 17 });
  });

  test.each([50, 59])("stops at next header %i, behind which nothing can be read", (number) => {
    const frame = hopByHop.slice();
    frame[54] = number;
    expect(parsed(frame)).toMatchObject({ l4Offset: 70, l4Proto: number, udp: undefined, payloadOffset: 70 });
  });

  test("puts the payload of a TCP segment behind the options", () => {
    const frame = fromHex(`${MAC4} 4500002e000040004006000000000000 00000000
      03e807d0000004b00000138860100100fa500000 02040000 aabb`);
    expect(parsed(frame)).toMatchObject({ l4Proto: 6, l4Offset: 34, udp: undefined, payloadOffset: 58 });
  });

  test("tells the place of each IPv4 fragment", () => {
    expect(fragments4.map((frame) => parsed(frame).fragment)).toEqual(
      [0, 8, 16, 24, 32, 40].map((offset) => ({ offset, more: offset < 40, id: 0x1234 })),
    );
  });

  test("tells the place of each IPv6 fragment", () => {
    expect(fragments6.map((frame) => parsed(frame).fragment)).toEqual(
      [0, 8, 16, 24, 32, 40].map((offset) => ({ offset, more: offset < 40, id: 0x3d3d228b })),
    );
  });

  test.each([
    ["IPv4", fragments4],
    ["IPv6", fragments6],
  ])("finds the UDP header of an %s datagram in its first fragment only", (_, fragments) => {
    const frames = fragments.map(parsed);
    expect(frames.map((frame) => frame.udp !== undefined)).toEqual([true, false, false, false, false, false]);
    expect(frames.map((frame) => frame.payloadOffset - frame.l4Offset)).toEqual([8, 0, 0, 0, 0, 0]);
  });

  test("does not take the data of a later fragment for another extension header", () => {
    const frame = fragments6[1]!.slice();
    frame[54] = 60;
    expect(parsed(frame)).toMatchObject({ l4Proto: 60, l4Offset: 62, payloadOffset: 62 });
  });

  test("knows frames that are not IP", () => {
    const arp = fromHex("ffffffffffff 020000000001 0806 0001080006040001");
    expect(parsed(arp)).toMatchObject({ version: 0, etherType: 0x0806, macLen: 14, l4Offset: 14, udp: undefined });
  });

  test.each([
    ["IPv4", segments4[0]!, 34],
    ["IPv4 with options", withOptions, 42],
    ["IPv6", segments6[0]!, 54],
    ["IPv6 with an extension header", hopByHop, 70],
    ["tagged IPv6", tagged, 58],
    ["IPv6 fragment", fragments6[1]!, 62],
  ])("refuses an %s frame cut anywhere in front of its upper layer, and no later", (_, frame, l4Offset) => {
    for (let len = 0; len < l4Offset; len += 1) expect(parseFrame(frame.subarray(0, len)), `${len}`).toBeUndefined();
    for (let len = l4Offset; len <= frame.length; len += 1) {
      const result = parseFrame(frame.subarray(0, len));
      expect(result?.l4Offset, `${len}`).toBe(l4Offset);
      if (len < l4Offset + 8) expect(result?.udp, `${len}`).toBeUndefined();
    }
  });

  test("refuses a version that is not the EtherType's and an IPv4 header that is too short", () => {
    const wrongVersion = segments4[0]!.slice();
    wrongVersion[14] = 0x65;
    expect(parseFrame(wrongVersion)).toBeUndefined();
    const shortHeader = segments4[0]!.slice();
    shortHeader[14] = 0x44;
    expect(parseFrame(shortHeader)).toBeUndefined();
  });

  test("believes no length field that it does not need", () => {
    const frame = segments4[0]!.slice();
    putU16(frame, 16, 3);
    putU16(frame, 38, 0xffff);
    expect(parsed(frame)).toMatchObject({ ipTotalLen: 3, udp: { length: 0xffff }, payloadOffset: 42 });
  });
});

describe("checksums", () => {
  const complete = [...segments4, ...segments6, hopByHop, tagged];

  test("of frames that a kernel completed are ok, and no longer when one bit of them changes", () => {
    for (const frame of complete) {
      expect(udpChecksumState(frame, parsed(frame))).toBe("ok");
      for (let at = parsed(frame).payloadOffset; at < frame.length; at += 1) {
        const changed = frame.slice();
        changed[at]! ^= 0x10;
        expect(udpChecksumState(changed, parsed(changed))).toBe("bad");
      }
    }
  });

  test("of frames that a kernel left to the device are partial", () => {
    for (const frame of [superFrame4, superFrame6, partial, partial6]) {
      expect(udpChecksumState(frame, parsed(frame))).toBe("partial");
      const { udp } = parsed(frame);
      expect(foldedPseudoSum(frame, parsed(frame), udp!.length)).toBe(udp!.check);
    }
  });

  test("are partial for one length only", () => {
    expect(udpChecksumState(superFrame4, parsed(superFrame4), 12)).toBe("bad");
    const frame = superFrame4.slice();
    putU16(frame, 40, foldedPseudoSum(frame, parsed(frame), 12));
    expect(udpChecksumState(frame, parsed(frame), 12)).toBe("partial");
    expect(udpChecksumState(frame, parsed(frame))).toBe("bad");
  });

  test("that are absent are zero, whatever the data", () => {
    const frame = segments6[0]!.slice();
    putU16(frame, 60, 0);
    expect(udpChecksumState(frame, parsed(frame))).toBe("zero");
  });

  test("of datagrams that are not whole are bad", () => {
    const cut = segments4[0]!.subarray(0, -1);
    expect(udpChecksumState(cut, parsed(cut))).toBe("bad");
    expect(udpChecksumState(fragments4[0]!, parsed(fragments4[0]!))).toBe("bad");
    expect(udpChecksumState(fragments4[1]!, parsed(fragments4[1]!))).toBe("bad");
  });

  test.each([
    ["IPv4", fragments4, 14 + 4 + 16],
    ["IPv6", fragments6, 14 + 40 + 8],
  ])("of a datagram put together again from %s fragments are ok", (_, fragments, l4Offset) => {
    const [first, ...later] = fragments;
    const whole = concat([first!, ...later.map((frame) => frame.subarray(l4Offset))]);
    expect(udpChecksumState(whole, parsed(whole))).toBe("ok");
  });

  test("of IPv4 headers are right as a kernel wrote them, and wrong when one bit changes", () => {
    for (const frame of [superFrame4, partial, withOptions, ...segments4, ...fragments4]) {
      expect(ipv4HeaderChecksumOk(frame, parsed(frame))).toBe(true);
      const changed = frame.slice();
      putU16(changed, 18, getU16(changed, 18) ^ 0x0100);
      expect(ipv4HeaderChecksumOk(changed, parsed(changed))).toBe(false);
    }
    expect(ipv4HeaderChecksumOk(superFrame6, parsed(superFrame6))).toBe(true);
  });
});
