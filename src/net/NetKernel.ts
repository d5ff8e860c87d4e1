/**
 * The kernel in force, as the modelled functions get it: the seams, the tables of handlers, and a tracepoint.
 *
 * The kernel registers its offloads in tables when modules load. Here the tables are part of the value that is handed
 * in, so that dispatch from one protocol to the next makes no cycle of imports.
 */
import type { Errno } from "../skb/errno.js";
import type { SkBuff } from "../skb/SkBuff.js";
import type { BrForwardSeams } from "./bridge/brForward.seams.js";
import type { DevSeams } from "./core/dev.seams.js";
import type { FilterSeams } from "./core/filter.seams.js";
import type { GroSeams } from "./core/gro/gro.seams.js";
import type { GroMergeSeams } from "./core/gro/merge.seams.js";
import type { GroFlushSeams } from "./core/gro/networkFlush.seams.js";
import type { GsoSeams } from "./core/gso.seams.js";
import type { NetDevice } from "./core/NetDevice.js";
import type { SkbSegmentSeams } from "./core/skbSegment.seams.js";
import type { SkbSegmentListSeams } from "./core/skbSegmentList.seams.js";
import type { VirtioNetSeams } from "./drivers/virtioNet.seams.js";
import type { GreGroSeams } from "./ipv4/greGro.seams.js";
import type { GreOffloadSeams } from "./ipv4/greOffload.seams.js";
import type { TcpGroSeams } from "./ipv4/tcpGro.seams.js";
import type { TcpOffloadSeams } from "./ipv4/tcpOffload.seams.js";
import type { UdpSeams } from "./ipv4/udp.seams.js";
import type { UdpGroSeams } from "./ipv4/udpGro.seams.js";
import type { UdpOffloadSeams } from "./ipv4/udpOffload.seams.js";
import type { Ip6OutputSeams } from "./ipv6/ip6Output.seams.js";
import type { MplsGsoSeams } from "./mpls/mplsGso.seams.js";
import type { NatSeams } from "./netfilter/nat.seams.js";
import type { NshSeams } from "./nsh/nsh.seams.js";

/** A list of segments; null when there was nothing to do; or a negative errno. */
export type Segments = SkBuff | null | Errno;

/** An offload's segmentation callback. */
export type GsoSegment = (k: NetKernel, skb: SkBuff, features: number) => Segments;

/** What a receive callback may answer: the held packet to complete, none, or -EINPROGRESS when somebody took the packet. */
export type GroResult = SkBuff | null | Errno;

/**
 * Receive offload of one header: finds the held packet that `skb` continues and merges, or says why not through the
 * control block. `held` is the bucket's list, youngest first.
 */
export type GroReceive = (k: NetKernel, held: readonly SkBuff[], skb: SkBuff) => GroResult;

/** Finishes the headers of an aggregate; `nhoff` counts from `data`. Not 0: the packet is dropped. */
export type GroComplete = (k: NetKernel, skb: SkBuff, nhoff: number) => Errno;

export interface GroCallbacks {
  readonly receive: GroReceive;
  readonly complete: GroComplete;
}

export interface OffloadTables {
  /** By EtherType. @kernel net_hotdata.offload_base */
  readonly packet: ReadonlyMap<number, GsoSegment>;
  /** By IPv4 protocol number. @kernel inet_offloads */
  readonly inet: ReadonlyMap<number, GsoSegment>;
  /** By IPv6 next header. @kernel inet6_offloads */
  readonly inet6: ReadonlyMap<number, GsoSegment>;
  /** Next headers that are extension headers which may be skipped. @kernel INET6_PROTO_GSO_EXTHDR */
  readonly inet6Extensions: ReadonlySet<number>;
  /** Receive offload by EtherType, IPv4 protocol number and IPv6 next header. */
  readonly packetGro: ReadonlyMap<number, GroCallbacks>;
  readonly inetGro: ReadonlyMap<number, GroCallbacks>;
  readonly inet6Gro: ReadonlyMap<number, GroCallbacks>;
}

/** The decisions that differ between kernels. */
export interface NetSeams {
  readonly gso: GsoSeams;
  readonly dev: DevSeams;
  readonly filter: FilterSeams;
  readonly gro: GroSeams;
  readonly groFlush: GroFlushSeams;
  readonly groMerge: GroMergeSeams;
  readonly skbSegment: SkbSegmentSeams;
  readonly skbSegmentList: SkbSegmentListSeams;
  readonly tcpOffload: TcpOffloadSeams;
  readonly udpOffload: UdpOffloadSeams;
  readonly udp: UdpSeams;
  readonly ip6Output: Ip6OutputSeams;
  readonly brForward: BrForwardSeams;
  readonly nat: NatSeams;
  readonly udpGro: UdpGroSeams;
  readonly tcpGro: TcpGroSeams;
  readonly greGro: GreGroSeams;
  readonly greOffload: GreOffloadSeams;
  readonly mplsGso: MplsGsoSeams;
  readonly nsh: NshSeams;
  readonly virtioNet: VirtioNetSeams;
}

/** Called around every segmentation, so that an observer sees each packet before and after. */
export interface GsoTracepoint {
  enter(skb: SkBuff, features: number, txPath: boolean): void;
  exit(skb: SkBuff, result: Segments): void;
}

export interface NetKernel extends NetSeams {
  readonly offloads: OffloadTables;
  readonly tracepoint?: GsoTracepoint;
  /** Told every packet that is given to a device to send, before it is made to fit. @kernel trace_net_dev_queue */
  readonly netDevQueue?: (skb: SkBuff, device: NetDevice) => void;
}
