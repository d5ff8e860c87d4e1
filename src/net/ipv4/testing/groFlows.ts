/** UDP and TCP frames with checksums of their own, and a receive queue to put them through, for tests of receive offload. */
import { csumFold, csumPartial, pseudoSumV4, pseudoSumV6 } from "../../../bytes/checksum.js";
import { concat } from "../../../bytes/concat.js";
import { putU16 } from "../../../bytes/view.js";
import type { SkBuff } from "../../../skb/SkBuff.js";
import { makeMemory, payload } from "../../../skb/testing/make.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../../wire/ethernet.js";
import { emitTcp, IPPROTO_TCP, TCP_CHECK, TCPHDR_ACK, type TcpHeader } from "../../../wire/tcp.js";
import { emitUdp, IPPROTO_UDP, UDP_CHECK } from "../../../wire/udp.js";
import { napiGroFlush } from "../../core/gro/gro.js";
import { Napi, napiGroReceive } from "../../core/gro/napi.js";
import { inEthernet, inIpv4, inIpv6, type Layout, received, type Toy6 } from "../../core/gro/testing/groPackets.js";
import {
  type FourTuple,
  type GroSocket,
  type NetNamespace,
  NO_RECEIVE_OFFLOAD,
  netDevice,
  type ReceiveFeatures,
} from "../../core/NetDevice.js";
import { fixedSeams } from "../../fixedSeams.js";
import type { NetKernel, NetSeams } from "../../NetKernel.js";
import { offloads } from "../../offloads.js";

export const groKernel: NetKernel = { ...fixedSeams, offloads };

/** The fixed kernel with some decisions of one family replaced. */
export const groKernelWith = <F extends keyof NetSeams>(family: F, seams: Partial<NetSeams[F]>): NetKernel => ({
  ...groKernel,
  [family]: { ...groKernel[family], ...seams },
});

/** What both transports' frames may be told; the IP header is that of `ip`. */
interface Transport {
  readonly ipv6?: boolean;
  readonly ip?: Toy6;
  readonly source?: number;
  readonly dest?: number;
  readonly data?: Uint8Array;
  /** Instead of the right one. */
  readonly check?: number;
}

export interface UdpFrame extends Transport {
  /** The length in the header, instead of the right one. */
  readonly ulen?: number;
  /** Bytes of the UDP packet that are there, instead of all. */
  readonly cutTo?: number;
}

export interface TcpFrame
  extends Transport,
    Partial<Pick<TcpHeader, "seq" | "ackSeq" | "flags" | "window" | "options">> {
  /** Units of four bytes that the header claims, instead of the right number. */
  readonly doff?: number;
}

export const DATA = payload(40, 100);

/** The bytes of a UDP packet inside IP: what a tunnel carries. */
export function udpIp(of: UdpFrame = {}): Uint8Array {
  const { source = 1000, dest = 2000, data = DATA } = of;
  const bytes = new Uint8Array(8 + data.length);
  emitUdp(bytes, 0, { source, dest, len: of.ulen ?? bytes.length, check: 0 });
  bytes.set(data, 8);
  fillCheck(bytes, UDP_CHECK, IPPROTO_UDP, of);
  return inIp(bytes.subarray(0, of.cutTo ?? bytes.length), IPPROTO_UDP, of);
}

export function tcpIp(of: TcpFrame = {}): Uint8Array {
  const { source = 1000, dest = 2000, data = DATA, options = new Uint8Array() } = of;
  const bytes = new Uint8Array(20 + options.length + data.length);
  const { seq = 5000, ackSeq = 7, flags = TCPHDR_ACK, window = 512 } = of;
  emitTcp(bytes, 0, { source, dest, seq, ackSeq, flags, window, check: 0, urgPtr: 0, options });
  if (of.doff !== undefined) bytes[12] = of.doff << 4;
  bytes.set(data, 20 + options.length);
  fillCheck(bytes, TCP_CHECK, IPPROTO_TCP, of);
  return inIp(bytes, IPPROTO_TCP, of);
}

export const udpFrame = (of: UdpFrame = {}): Uint8Array => inEthernet(udpIp(of), etherType(of), of.ip?.padding);
export const tcpFrame = (of: TcpFrame = {}): Uint8Array => inEthernet(tcpIp(of), etherType(of), of.ip?.padding);

const etherType = ({ ipv6 = false }: Transport): number => (ipv6 ? ETH_P_IPV6 : ETH_P_IP);
const inIp = (bytes: Uint8Array, protocol: number, { ipv6 = false, ip = {} }: Transport): Uint8Array =>
  ipv6 ? inIpv6(bytes, ip, protocol) : inIpv4(bytes, ip, protocol);

function fillCheck(bytes: Uint8Array, at: number, protocol: number, of: Transport): void {
  // The addresses are read back from a packet of this family.
  const sample = inIp(bytes, protocol, of);
  const pseudo = of.ipv6
    ? pseudoSumV6(sample, 8, 24, bytes.length, protocol, 0)
    : pseudoSumV4(sample, 12, 16, bytes.length, protocol, 0);
  putU16(bytes, at, of.check ?? (csumFold(csumPartial(bytes, 0, bytes.length, pseudo)) || 0xffff));
}

/** The folded pseudo header sum of such a packet: what a partial checksum has in its field. */
export function pseudoOf(ipv6: boolean, protocol: number, len: number): number {
  const sample = inIp(new Uint8Array(), protocol, { ipv6 });
  const sum = ipv6 ? pseudoSumV6(sample, 8, 24, len, protocol, 0) : pseudoSumV4(sample, 12, 16, len, protocol, 0);
  return ~csumFold(sum) & 0xffff;
}

/** Consecutive pieces of one stream, each `size` bytes long. */
export const piece = (size: number, i: number): Uint8Array => payload(size, i * size);

export interface GroBenchOptions extends Partial<ReceiveFeatures> {
  readonly k?: NetKernel;
  readonly net?: NetNamespace | null;
}

/** A device with a receive queue: what goes in, what is held, what went up. */
export class GroBench {
  readonly mem = makeMemory("kmalloc612", 1 << 22);
  readonly delivered: SkBuff[] = [];
  readonly napi: Napi;
  readonly k: NetKernel;

  constructor({ k = groKernel, net = null, ...own }: GroBenchOptions = {}) {
    this.k = k;
    const receive = { ...NO_RECEIVE_OFFLOAD, gro: true, ...own };
    const device = netDevice("eth0", 0, { startXmit() {}, receive, net });
    this.napi = new Napi(device, (skb) => this.delivered.push(skb), { groNormalBatch: 1 });
  }

  /** Receives one frame; `prepare` may change the sk_buff first. */
  take(frame: Uint8Array, layout: Layout = {}, prepare: (skb: SkBuff) => void = () => {}): string {
    const skb = received(this.mem, this.napi.dev, frame, layout);
    prepare(skb);
    return napiGroReceive(this.k, this.napi, skb);
  }

  get held(): SkBuff[] {
    return this.napi.buckets.flat();
  }

  /** Completes what is held; everything that went up since the beginning. */
  flush(): SkBuff[] {
    napiGroFlush(this.k, this.napi, false);
    return this.delivered;
  }
}

/** A namespace with sockets by destination port, whose lookups are counted. */
export class FakeNamespace implements NetNamespace {
  readonly lookups: FourTuple[] = [];

  constructor(
    private readonly sockets: ReadonlyMap<number, GroSocket> = new Map(),
    readonly udpEncapNeeded = true,
    private readonly establishedPort = 0,
  ) {}

  udpLookup(tuple: FourTuple): GroSocket | null {
    this.lookups.push(tuple);
    return this.sockets.get(tuple.dest) ?? null;
  }

  tcpEstablished(tuple: FourTuple): boolean {
    this.lookups.push(tuple);
    return tuple.dest === this.establishedPort;
  }
}

/** What is inside a tunnel whose header is `header`, in a UDP packet. */
export const inTunnel = (header: Uint8Array, inner: Uint8Array, of: UdpFrame = {}): Uint8Array =>
  udpFrame({ dest: 4789, ...of, data: concat([header, inner]) });
