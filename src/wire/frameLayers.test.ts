import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { concat } from "../bytes/concat.js";
import { fromHex } from "../bytes/hexdump.js";
import { sctpChecksumState, tcpChecksumState, transportLength, udpChecksumState } from "./frame.js";
import { type FrameLayer, parseLayers } from "./frameLayers.js";

const MAC4 = "020000000002 020000000001 0800";
const MAC6 = "020000000002 020000000001 86dd";
const ADDRESSES4 = "0a000001 0a000002";
const ADDRESSES6 = "fd000000000000000000000000000001 fd000000000000000000000000000002";
/** bridge-3623f4a2c9: the first segment of a TCP packet with ACK alone. */
const tcp4 = fromHex(`${MAC4} 4500005a12344000400614680a0000010a000002 03e807d09bd7a71e0000138850101000f4850000
  979ea5acb3bac1c8cfd6dde4ebf2f900070e151c232a31383f464d545b626970777e858c939aa1a8afb6bdc4cbd2d9e0e7ee`);
const udp4 = fromHex(`${MAC4} 45000020fffe0000401166cc0a0000010a000002 03fb07f1000c352f 4e555c63`);
const udp6 = fromHex(`${MAC6} 6000000000091140 ${ADDRESSES6} 048707dd00094773 b2`);
/** vxlan4-csum-7907b946db: the outer headers. */
const vxlan4 =
  "0200000000cc0200000000bb0800 450000b2ea06000040110c31c0000201c0000202 c35012b5009e7b25 0800000000002a00";

const shape = (bytes: Uint8Array): string =>
  parseLayers(bytes)
    .map(({ start, l3Offset, l4Offset, carries }) => `${start}/${l3Offset}/${l4Offset} ${carries?.kind ?? "end"}`)
    .join(" | ");
const only = (bytes: Uint8Array): FrameLayer => {
  const [layer] = parseLayers(bytes);
  if (layer === undefined) throw new Error("the frame does not parse");
  return layer;
};

describe("parseLayers", () => {
  test("a frame without a tunnel has one layer", () => {
    expect(shape(udp4)).toBe("0/14/34 end");
  });

  test("VXLAN carries a frame", () => {
    expect(shape(concat([fromHex(vxlan4), udp6]))).toBe("0/14/34 vxlan | 50/64/104 end");
  });

  test("UDP to another port, or without a network identifier, carries nothing", () => {
    const otherPort = fromHex(vxlan4.replace("12b5", "12b6"));
    const noVni = fromHex(vxlan4.replace("0800000000002a00", "0000000000002a00"));
    expect([otherPort, noVni].map((outer) => shape(concat([outer, udp4])))).toEqual(["0/14/34 end", "0/14/34 end"]);
  });

  test("GRE carries a frame or a packet, behind a checksum, a key, a sequence number", () => {
    const outer = fromHex(`${MAC4} 4500005000000000402f0000 ${ADDRESSES4}`);
    const withFrame = concat([outer, fromHex("00006558"), udp4]);
    const withAll = concat([outer, fromHex("b0000800 12340000 00000001 00000002"), udp4.subarray(14)]);
    expect(shape(withFrame)).toBe("0/14/34 gre | 38/52/72 end");
    expect(shape(withAll)).toBe("0/14/34 gre-ip | 50/50/70 end");
    expect(parseLayers(withAll)[0]?.carries?.checksumOffset).toBe(38);
  });

  test("IP carries IP of either family, as deep as it goes", () => {
    const ip4 = (protocol: string) => `4500005000000000 40${protocol}0000 ${ADDRESSES4}`;
    const ip6 = (next: string) => `600000000050${next}40 ${ADDRESSES6}`;
    expect(shape(concat([fromHex(`${MAC4} ${ip4("04")}`), udp4.subarray(14)]))).toBe("0/14/34 ip | 34/34/54 end");
    const deep = concat([fromHex(`${MAC6} ${ip6("29")} ${ip6("04")} ${ip4("29")}`), udp6.subarray(14)]);
    expect(shape(deep)).toBe("0/14/54 ip | 54/54/94 ip | 94/94/114 ip | 114/114/154 end");
  });

  test("a label stack carries the IP packet behind its bottom", () => {
    const labelled = concat([fromHex("020000000002 020000000001 8847 00064040 00065140"), udp6.subarray(14)]);
    expect(shape(labelled)).toBe("0/14/14 mpls | 22/22/62 end");
    expect(shape(fromHex("020000000002 020000000001 8847 00064140 a000"))).toBe("0/14/14 end");
    expect(shape(fromHex("020000000002 020000000001 8847 00064040"))).toBe("0/14/14 end");
  });

  test("a service header carries what it says", () => {
    const nsh = (next: string) => fromHex(`020000000002 020000000001 894f 0fc202${next} 000001ff`);
    expect(shape(concat([nsh("03"), udp4]))).toBe("0/14/14 nsh | 22/36/56 end");
    expect(shape(concat([nsh("02"), udp6.subarray(14)]))).toBe("0/14/14 nsh | 22/22/62 end");
    expect(shape(concat([nsh("09"), udp4]))).toBe("0/14/14 end");
  });

  test("a frame cut short inside a tunnel ends with a layer that says what should follow", () => {
    expect(shape(concat([fromHex(vxlan4), udp4.subarray(0, 20)]))).toBe("0/14/34 vxlan");
    expect(parseLayers(new Uint8Array(5))).toEqual([]);
  });

  test("a later fragment of a tunnel packet carries nothing that can be read", () => {
    expect(shape(concat([fromHex(vxlan4.replace("ea060000", "ea060010")), udp4]))).toBe("0/14/34 end");
  });

  test("no frame is followed for ever", () => {
    const header = fromHex(`450000500000000040040000 ${ADDRESSES4}`);
    const hostile = concat([fromHex(MAC4), ...Array.from({ length: 40 }, () => header)]);
    expect(parseLayers(hostile)).toHaveLength(16);
  });
});

describe("TCP", () => {
  test("the header is read, and the payload begins behind it", () => {
    expect(only(tcp4).tcp).toEqual({
      sourcePort: 1000,
      destinationPort: 2000,
      seq: 0x9bd7a71e,
      ack: 5000,
      headerLen: 20,
      flags: 0x10,
      window: 0x1000,
      check: 0xf485,
    });
    expect(only(tcp4).payloadOffset).toBe(54);
  });

  test("a header that claims less than its least length, or more than is there, is none", () => {
    const bent = (doff: number) => tcp4.slice().fill(doff, 46, 47);
    expect([bent(0x40), bent(0xf0).subarray(0, 60)].map((bytes) => only(bytes).tcp)).toEqual([undefined, undefined]);
  });

  test("a checksum is right, the pseudo-header sum, or neither", () => {
    const layer = only(tcp4);
    expect(tcpChecksumState(tcp4, layer)).toBe("ok");
    // Without its last byte the packet is not what was summed up.
    expect(tcpChecksumState(tcp4, layer, 69)).toBe("bad");
    expect(tcpChecksumState(udp4, only(udp4))).toBe("bad");
  });

  test("padding is not summed, and a length that cannot be is not believed", () => {
    const padded = concat([tcp4, new Uint8Array(6).fill(7)]);
    expect(transportLength(padded, only(padded))).toBe(70);
    expect(tcpChecksumState(padded, only(padded))).toBe("ok");
    const unsaid = tcp4.slice().fill(0, 16, 18);
    expect(transportLength(unsaid, only(unsaid))).toBe(70);
  });
});

describe("SCTP", () => {
  /** The check value of CRC32c over nine zero-padded bytes was worked out by a bitwise loop. */
  const packet = (crc: string) =>
    fromHex(`${MAC4} 450000240000400040840000 ${ADDRESSES4} 03e807d0deadbeef${crc} 01020304`);

  test("the header is read", () => {
    const layer = only(packet("00000000"));
    expect(layer.sctp).toEqual({ sourcePort: 1000, destinationPort: 2000, verificationTag: 0xdeadbeef, check: 0 });
    expect(layer.payloadOffset).toBe(46);
  });

  test("a CRC is right, left out, or wrong", () => {
    const states = [bitwiseCrc(packet("00000000").subarray(34)), "00000000", "12345678"].map((crc) =>
      sctpChecksumState(packet(crc), only(packet(crc))),
    );
    expect(states).toEqual(["ok", "zero", "bad"]);
    expect(sctpChecksumState(udp4, only(udp4))).toBe("bad");
  });

  function bitwiseCrc(bytes: Uint8Array): string {
    let crc = 0xffffffff;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    const end = ~crc >>> 0;
    return [0, 8, 16, 24].map((shift) => ((end >>> shift) & 0xff).toString(16).padStart(2, "0")).join("");
  }
});

describe("the frames of a real kernel", () => {
  interface Recorded {
    readonly id: string;
    readonly out: Readonly<Record<string, readonly { frame: string; sum: string; innerSum?: string }[]>>;
  }
  const stateOf = (bytes: Uint8Array, layer: FrameLayer): string =>
    layer.tcp === undefined ? udpChecksumState(bytes, layer) : tcpChecksumState(bytes, layer);

  test("have the checksums, outside or inside, that were noted when they were recorded", () => {
    const cases = readFileSync("corpus/linux/kernel-6.18.jsonl", "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Recorded);
    const wrong: string[] = [];
    let judged = 0;
    for (const { id, out } of cases) {
      for (const { frame, sum, innerSum } of Object.values(out).flat()) {
        const bytes = fromHex(frame);
        const layers = parseLayers(bytes);
        const [outer, inner] = [layers[0], layers.at(-1)];
        if (outer === undefined || inner === undefined || sum === "fragment" || sum === "other") continue;
        judged += 1;
        if (stateOf(bytes, outer) !== sum) wrong.push(`${id}: ${stateOf(bytes, outer)} and not ${sum}`);
        if (innerSum === undefined || innerSum === "fragment" || innerSum === "other") continue;
        if (stateOf(bytes, inner) !== innerSum)
          wrong.push(`${id} inside: ${stateOf(bytes, inner)} and not ${innerSum}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(5000);
  });
});
