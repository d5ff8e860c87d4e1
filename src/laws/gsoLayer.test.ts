import { describe, expect, test } from "vitest";
import { SKB_GSO_IPXIP4, SKB_GSO_SCTP, SKB_GSO_TCPV6, SKB_GSO_UDP_L4, SKB_GSO_UDP_TUNNEL } from "../abi/features.js";
import { gsoLayerIndex, gsoLayerOf } from "./gsoLayer.js";
import { parsedLayers } from "./parsedFrame.js";
import { firstCall, sampleRun } from "./testing/sampleRun.js";

const layersOf = (tunnel: "none" | "vxlan" | "ip") =>
  parsedLayers(
    firstCall(sampleRun({ gso: tunnel === "ip" ? "tcp" : "udp-l4", tunnel })).input.bytes ?? new Uint8Array(),
  );

describe("gsoLayerIndex", () => {
  test("a type with tunnel bits means the innermost transport", () => {
    expect(gsoLayerIndex(layersOf("vxlan"), SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL)).toBe(1);
    expect(gsoLayerIndex(layersOf("ip"), SKB_GSO_TCPV6 | SKB_GSO_IPXIP4)).toBe(1);
  });
  test("without them the first one, which may be the tunnel's own", () => {
    expect(gsoLayerIndex(layersOf("vxlan"), SKB_GSO_UDP_L4)).toBe(0);
  });
  test("a packet that is not cut is what is innermost", () => {
    expect([layersOf("none"), layersOf("vxlan")].map((layers) => gsoLayerIndex(layers, 0))).toEqual([0, 1]);
  });
  test("a type of another transport finds nothing", () => {
    expect(gsoLayerIndex(layersOf("none"), SKB_GSO_TCPV6)).toBe(-1);
    expect(gsoLayerIndex(layersOf("ip"), SKB_GSO_SCTP | SKB_GSO_IPXIP4)).toBe(-1);
    expect(gsoLayerIndex([], SKB_GSO_UDP_L4 | SKB_GSO_UDP_TUNNEL)).toBe(-1);
  });
  test("nothing is found behind headers that are cut short", () => {
    const input = firstCall(sampleRun({ gso: "udp-l4", tunnel: "vxlan" })).input;
    expect(gsoLayerOf({ ...input, bytes: input.bytes?.slice(0, 60) })).toBeUndefined();
    expect(gsoLayerOf(input)?.l4Offset).toBe(104);
  });
});
