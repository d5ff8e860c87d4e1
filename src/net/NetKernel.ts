/**
 * The kernel in force, as the modelled functions get it: the seams, the tables of handlers, and a tracepoint.
 *
 * The kernel registers its offloads in tables when modules load. Here the tables are part of the value that is handed
 * in, so that dispatch from one protocol to the next makes no cycle of imports.
 */
import type { Errno } from "../skb/errno.js";
import type { SkBuff } from "../skb/SkBuff.js";
import type { DevSeams } from "./core/dev.seams.js";
import type { GsoSeams } from "./core/gso.seams.js";
import type { SkbSegmentSeams } from "./core/skbSegment.seams.js";
import type { SkbSegmentListSeams } from "./core/skbSegmentList.seams.js";
import type { VirtioNetSeams } from "./drivers/virtioNet.seams.js";
import type { UdpOffloadSeams } from "./ipv4/udpOffload.seams.js";

/** A list of segments; null when there was nothing to do; or a negative errno. */
export type Segments = SkBuff | null | Errno;

/** An offload's segmentation callback. */
export type GsoSegment = (k: NetKernel, skb: SkBuff, features: number) => Segments;

export interface OffloadTables {
  /** By EtherType. @kernel net_hotdata.offload_base */
  readonly packet: ReadonlyMap<number, GsoSegment>;
  /** By IPv4 protocol number. @kernel inet_offloads */
  readonly inet: ReadonlyMap<number, GsoSegment>;
  /** By IPv6 next header. @kernel inet6_offloads */
  readonly inet6: ReadonlyMap<number, GsoSegment>;
  /** Next headers that are extension headers which may be skipped. @kernel INET6_PROTO_GSO_EXTHDR */
  readonly inet6Extensions: ReadonlySet<number>;
}

/** The decisions that differ between kernels. */
export interface NetSeams {
  readonly gso: GsoSeams;
  readonly dev: DevSeams;
  readonly skbSegment: SkbSegmentSeams;
  readonly skbSegmentList: SkbSegmentListSeams;
  readonly udpOffload: UdpOffloadSeams;
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
}
