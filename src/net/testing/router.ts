/**
 * A router between two devices for unit tests, and UDP datagrams as frames: written with sums of its own, read back as
 * the frames that left.
 */
import { CHECKSUM_PARTIAL, NETIF_F_HIGHDMA, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { putU16 } from "../../bytes/view.js";
import type { Memory } from "../../memory/Memory.js";
import { putBytes } from "../../skb/bytes.js";
import { kfreeSkb } from "../../skb/free.js";
import { PACKET_HOST, type SkBuff } from "../../skb/SkBuff.js";
import { flatten, makeMemory, makeSkb, payload, type Shape } from "../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6, emitEthernet } from "../../wire/ethernet.js";
import { emitIpv4 } from "../../wire/ipv4.js";
import { emitIpv6, IPV6_HLEN } from "../../wire/ipv6.js";
import { emitUdp, IPPROTO_UDP, UDP_CHECK, UDP_HLEN } from "../../wire/udp.js";
import { type NetDevice, netDevice } from "../core/NetDevice.js";
import { Netns, type NetnsOptions } from "../core/Netns.js";
import { fixedSeams } from "../fixedSeams.js";
import type { NetKernel } from "../NetKernel.js";
import { offloads } from "../offloads.js";
import { slowSum } from "./nestedPackets.js";

export const k: NetKernel = { ...fixedSeams, offloads };

export const ip4 = (text: string): Uint8Array => Uint8Array.from(text.split("."), Number);
/** `fd01::2`: one or two groups in front of the gap, one behind it. */
export function ip6(text: string): Uint8Array {
  const [front = "", back = ""] = text.split("::");
  const out = new Uint8Array(16);
  const groups = front.split(":").filter((group) => group !== "");
  for (const [i, group] of groups.entries()) putU16(out, 2 * i, Number.parseInt(group, 16));
  if (back !== "") putU16(out, 14, Number.parseInt(back, 16));
  return out;
}
export const mac = (last: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 0, last);

export const SENDER = { ipv4: ip4("10.0.0.1"), ipv6: ip6("fd00::1"), mac: mac(1) } as const;
export const RECEIVER = { ipv4: ip4("10.1.0.2"), ipv6: ip6("fd01::2"), mac: mac(2) } as const;
export const ROUTER_MAC = mac(0xaa);

export type Family = "ipv4" | "ipv6";
export const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

export interface Datagram {
  readonly family?: Family;
  readonly saddr?: Uint8Array;
  readonly daddr?: Uint8Array;
  readonly source?: number;
  readonly dest?: number;
  readonly ttl?: number;
  readonly fragOff?: number;
  readonly id?: number;
  readonly protocol?: number;
  /** Of IPv4: options; of IPv6: extension headers, with the number of the first. */
  readonly options?: Uint8Array;
  readonly nexthdr?: number;
  readonly data?: Uint8Array;
  /** What stands in the checksum field: the checksum unless said otherwise. */
  readonly check?: number;
  readonly ulen?: number;
  /** Bytes behind the IP packet. */
  readonly trailing?: number;
}

/** The IP packet of a datagram. */
export function ipPacket(datagram: Datagram = {}): Uint8Array {
  const { family = "ipv4", source = 1000, dest = 2000, ttl = 64, fragOff = 0, id = 0x1234 } = datagram;
  const { protocol = IPPROTO_UDP, options = new Uint8Array(0), data = payload(20, 7), trailing = 0 } = datagram;
  const saddr = datagram.saddr ?? SENDER[family];
  const daddr = datagram.daddr ?? RECEIVER[family];
  const len = UDP_HLEN + data.length;
  const transport = new Uint8Array(len);
  emitUdp(transport, 0, { source, dest, len: datagram.ulen ?? len, check: 0 });
  transport.set(data, UDP_HLEN);
  const sum = 0xffff - slowSum(concat([saddr, daddr, transport]), IPPROTO_UDP + len);
  putU16(transport, UDP_CHECK, datagram.check ?? (sum === 0 ? 0xffff : sum));
  const header = new Uint8Array(family === "ipv4" ? 20 + options.length : IPV6_HLEN);
  if (family === "ipv4") {
    const totLen = header.length + len;
    emitIpv4(header, 0, { tos: 0, totLen, id, fragOff, ttl, protocol, saddr, daddr, options });
    return concat([header, transport, new Uint8Array(trailing)]);
  }
  const payloadLen = options.length + len;
  const nexthdr = datagram.nexthdr ?? protocol;
  emitIpv6(header, 0, { trafficClass: 0, flowLabel: 0, payloadLen, nexthdr, hopLimit: ttl, saddr, daddr });
  return concat([header, options, transport, new Uint8Array(trailing)]);
}

export function frameOf(packet: Uint8Array, dest = ROUTER_MAC, source = SENDER.mac): Uint8Array {
  const out = new Uint8Array(14 + packet.length);
  const proto = (packet[0] as number) >>> 4 === 6 ? ETH_P_IPV6 : ETH_P_IP;
  emitEthernet(out, 0, { dest, source, proto });
  out.set(packet, 14);
  return out;
}

/** A frame that came in through `dev`, behind eth_type_trans: `data` at the network header. */
export function received(mem: Memory, dev: NetDevice, frame: Uint8Array, shape: Shape = {}): SkBuff {
  const skb = makeSkb(mem, { headroom: 64, ...shape, linear: frame.length });
  putBytes(skb, skb.data, frame);
  skb.macHeader = skb.data;
  skb.data += 14;
  skb.len -= 14;
  skb.networkHeader = skb.data;
  skb.macLen = 14;
  skb.protocol = ((frame[12] as number) << 8) | (frame[13] as number);
  skb.pktType = PACKET_HOST;
  skb.dev = dev;
  return skb;
}

/** Makes the UDP checksum partial: the field has the sum of the pseudo header, as for a packet to be segmented. */
export function makePartial(skb: SkBuff, transport: number, pseudo: number): void {
  skb.transportHeader = transport;
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = transport;
  skb.csumOffset = UDP_CHECK;
  putBytes(skb, transport + UDP_CHECK, Uint8Array.of(pseudo >>> 8, pseudo & 0xff));
}

export interface Port extends NetDevice {
  /** What left, from the MAC header on, in order. */
  readonly frames: Uint8Array[];
}

export function portOf(name: string, own: Partial<NetDevice> = {}, features = NETIF_F_SG | NETIF_F_HIGHDMA): Port {
  const frames: Uint8Array[] = [];
  const startXmit = (skb: SkBuff): void => {
    frames.push(flatten(skb));
    kfreeSkb(skb);
  };
  return { ...netDevice(name, features, { ...own, startXmit }), frames };
}

export const CHECKSUMS = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA;

export interface Router {
  readonly mem: Memory;
  readonly net: Netns;
  readonly a: Port;
  readonly b: Port;
}

/** Network 10.0.0.0/24 and fd00::/64 behind A, 10.1.0.0/24 and fd01::/64 behind B. */
export function makeRouter(options: NetnsOptions & { readonly mtu?: number; readonly features?: number } = {}): Router {
  const { mtu = 1500, features } = options;
  const net = new Netns({ ipv4Forwarding: true, ipv6Forwarding: true, ...options });
  const a = portOf("A", { net, address: ROUTER_MAC });
  const b = portOf("B", { net, mtu, address: mac(0xbb) }, features);
  net.addInterface(a, {
    ipv4: [{ address: ip4("10.0.0.254"), bits: 24 }],
    ipv6: [{ address: ip6("fd00::254"), bits: 64 }],
  });
  net.addInterface(b, {
    ipv4: [{ address: ip4("10.1.0.254"), bits: 24 }],
    ipv6: [{ address: ip6("fd01::254"), bits: 64 }],
  });
  for (const { ipv4, ipv6, mac: address } of [SENDER, RECEIVER]) {
    net.addNeighbour(ipv4, address);
    net.addNeighbour(ipv6, address);
  }
  return { mem: makeMemory(), net, a, b };
}

/** A datagram that came in through A. */
export const arriving = ({ mem, a }: Router, datagram: Datagram = {}, shape: Shape = {}): SkBuff =>
  received(mem, a, frameOf(ipPacket(datagram)), shape);
