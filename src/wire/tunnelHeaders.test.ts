/** The headers that tunnels add, byte for byte. */
import { describe, expect, test } from "vitest";
import { fromHex, hex } from "../bytes/hexdump.js";
import { ETH_P_IP, ETH_P_IPV6, ETH_P_MPLS_UC, ETH_P_TEB } from "./ethernet.js";
import { emitGre, type GreHeader, greLength } from "./gre.js";
import { emitMpls } from "./mpls.js";
import { ETH_P_NSH, emitNsh, nshHdrLen, tunPToEthP } from "./nsh.js";
import {
  emitVirtioNetHdrTunnel,
  parseVirtioNetHdrTunnel,
  VIRTIO_NET_HDR_GSO_UDP_TUNNEL,
  VIRTIO_NET_HDR_TUNNEL_LEN,
} from "./virtioNetHdr.js";
import { emitVxlan } from "./vxlan.js";

/** What a writer writes, one byte behind the start of a buffer full of other bytes. */
function written(length: number, emit: (buf: Uint8Array, off: number) => number): string {
  const buf = new Uint8Array(length + 2).fill(0xee);
  expect(emit(buf, 1)).toBe(length);
  expect([buf[0], buf[length + 1]]).toEqual([0xee, 0xee]);
  return hex(buf.subarray(1, length + 1));
}

describe("GRE", () => {
  test.each<[GreHeader, string]>([
    [{ proto: ETH_P_TEB }, "00006558"],
    [{ proto: ETH_P_IP, check: 0xbeef }, "80000800beef0000"],
    [{ proto: ETH_P_IP, key: 0xfffe_fdfc }, "20000800fffefdfc"],
    [{ proto: ETH_P_IPV6, sequence: 7 }, "100086dd00000007"],
    [{ proto: ETH_P_IP, check: 0, key: 1, sequence: 2 }, "b0000800000000000000000100000002"],
  ])("%o", (header, expected) => {
    expect(written(greLength(header), (buf, off) => emitGre(buf, off, header))).toBe(expected);
  });
});

test("VXLAN: the header that a kernel was seen to accept", () => {
  expect(written(8, (buf, off) => emitVxlan(buf, off, 42))).toBe("0800000000002a00");
});

test("MPLS: the last label is the bottom of the stack", () => {
  const stack = [
    { label: 0xf_ffff, trafficClass: 7, ttl: 255 },
    { label: 16, trafficClass: 0, ttl: 64 },
  ];
  expect(written(8, (buf, off) => emitMpls(buf, off, stack))).toBe("fffffeff00010140");
});

describe("NSH", () => {
  test("time to live and length share sixteen bits; context is empty", () => {
    const header = { ttl: 63, nextProto: 1, path: 0x0001_02ff, contextWords: 2 };
    const text = written(16, (buf, off) => emitNsh(buf, off, header));
    expect(text).toBe("0fc40201000102ff0000000000000000");
    expect(nshHdrLen(0x0fc4)).toBe(16);
  });

  test("what follows is named by a number of its own", () => {
    expect([1, 2, 3, 4, 5, 6].map(tunPToEthP)).toEqual([ETH_P_IP, ETH_P_IPV6, ETH_P_TEB, ETH_P_NSH, ETH_P_MPLS_UC, 0]);
  });
});

describe("the virtio_net_hdr for tunnels", () => {
  const plain = { flags: 9, gsoType: 0x41, hdrLen: 0x0142, gsoSize: 0x05a8, csumStart: 0x7c, csumOffset: 16 };
  const header = { ...plain, outerThOffset: 0x0136, innerNhOffset: 0x0254 };
  const text = "09414201a8057c001000" + "00000000000000000000" + "36015402";

  test("is 24 bytes: the plain header, nothing for buffers and hash, two offsets", () => {
    expect(written(VIRTIO_NET_HDR_TUNNEL_LEN, (buf, off) => emitVirtioNetHdrTunnel(buf, off, header))).toBe(text);
  });

  test("reads back as written, whatever lies between", () => {
    expect(parseVirtioNetHdrTunnel(fromHex(`ff${text}`), 1)).toEqual(header);
    const hashed = fromHex(text).fill(0xff, 10, 20);
    expect(parseVirtioNetHdrTunnel(hashed)).toEqual(header);
    expect(VIRTIO_NET_HDR_GSO_UDP_TUNNEL).toBe(0x60);
  });
});
