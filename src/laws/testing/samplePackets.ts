/** The packets of a hand-made run: which there are, as the options say, and the frame of each. */
import {
  SKB_GSO_FRAGLIST,
  SKB_GSO_GRE,
  SKB_GSO_GRE_CSUM,
  SKB_GSO_IPXIP4,
  SKB_GSO_SCTP,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import {
  SAMPLE_MAC_LEN,
  type SampleChecksum,
  type SampleTunnel,
  sampleFrame,
  sampleIpLen,
  sampleSctp,
  sampleTcp,
  sampleTunnel,
  sampleTunnelLen,
  sampleUdp,
} from "./sampleFrames.js";

/** What is cut, and how. */
export interface AggregateOptions {
  /** ipv6 unless given. */
  readonly family?: "ipv4" | "ipv6";
  /** fraglist unless given. */
  readonly gso?: "fraglist" | "udp-l4" | "ufo" | "tcp" | "tcp-fraglist" | "sctp";
  /** Payload lengths of the datagrams; [5, 5, 3] unless given. For ufo the payloads join to one datagram. */
  readonly payloads?: readonly number[];
  /** Whether the list path was taken. As gso says unless given: a fraglist may also be cut by the generic path. */
  readonly listPath?: boolean;
  /** Payload of the first datagram unless given; 16 for ufo. */
  readonly gsoSize?: number;
  /** SG and HW_CSUM unless given. */
  readonly features?: number;
  /** ip_summed of the input: unnecessary for a fraglist unless given, else partial. */
  readonly checksum?: "unnecessary" | "partial" | "none" | "complete";
  /** The datagrams carry no UDP checksum. */
  readonly zeroChecksum?: boolean;
  /** Units of gso_size in one segment, when the generic path cuts partially. 1 unless given. */
  readonly partialSegs?: number;
  readonly ipId?: number;
  /** TCP flags of the whole packet; ACK unless given. */
  readonly tcpFlags?: number;
  /** none unless given. */
  readonly tunnel?: SampleTunnel | "none";
  /** Whether the tunnel has a checksum. */
  readonly outerChecksum?: boolean;
}

/** The options with everything filled in. */
export type Chosen = Required<AggregateOptions>;

/** What the checksum field of each datagram held before aggregation. */
export function fieldOf(chosen: Chosen): SampleChecksum {
  if (chosen.zeroChecksum) return "zero";
  return chosen.checksum === "partial" ? "pseudo" : "full";
}

export function gsoTypeOf({ gso, family, tunnel, outerChecksum }: Chosen): number {
  const tcp = family === "ipv4" ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
  const inner = {
    ufo: SKB_GSO_UDP,
    fraglist: SKB_GSO_FRAGLIST | SKB_GSO_UDP_L4,
    "udp-l4": SKB_GSO_UDP_L4,
    tcp,
    "tcp-fraglist": SKB_GSO_FRAGLIST | tcp,
    sctp: SKB_GSO_SCTP,
  } as const;
  const outer = {
    none: 0,
    vxlan: outerChecksum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL,
    gre: outerChecksum ? SKB_GSO_GRE_CSUM : SKB_GSO_GRE,
    ip: SKB_GSO_IPXIP4,
  } as const;
  return inner[gso] | outer[tunnel];
}

export const isList = ({ gso }: Pick<Chosen, "gso">): boolean => gso === "fraglist" || gso === "tcp-fraglist";
const isTcp = ({ gso }: Chosen): boolean => gso === "tcp" || gso === "tcp-fraglist";
export const CSUM_OFFSET = { ufo: 6, fraglist: 6, "udp-l4": 6, tcp: 16, "tcp-fraglist": 16, sctp: 8 } as const;
export const L4_HEADER = { ufo: 8, fraglist: 8, "udp-l4": 8, tcp: 24, "tcp-fraglist": 24, sctp: 12 } as const;

/** Where in the frames of the options the inner headers stand. */
export function innerLayout({ family, tunnel, outerChecksum }: Chosen) {
  const outer = tunnel === "none" ? 0 : sampleTunnelLen(tunnel, outerChecksum);
  const network = outer + (tunnel === "ip" ? 0 : SAMPLE_MAC_LEN);
  return { outer, network, transport: network + sampleIpLen(family) };
}

/** One packet of the run, or the aggregate. */
interface SamplePart {
  readonly payload: Uint8Array;
  /** Position of its payload in the whole. */
  readonly at: number;
  /** How many packets came before it. */
  readonly index: number;
  readonly checksum: SampleChecksum;
  /** TCP flags; those of a packet in the middle unless given. */
  readonly flags?: number;
  readonly fragOff?: number;
  /** The IP header's length field, where it is not the true one. */
  readonly length?: number;
}

const TCP_SEQ = 0xffff_fff0;
const OUTER_ID = 0x1000;
/** FIN, PSH, CWR: the flags that not every segment has. */
export const END_FLAGS = 0x09;
export const CWR = 0x80;

function transportOf(chosen: Chosen, { payload, at, checksum, flags = chosen.tcpFlags }: SamplePart): Uint8Array {
  if (isTcp(chosen)) return sampleTcp(chosen.family, payload, checksum, { seq: (TCP_SEQ + at) >>> 0, flags });
  if (chosen.gso === "sctp") return sampleSctp(payload, checksum === "full" ? "full" : "zero");
  return sampleUdp(chosen.family, payload, checksum);
}

/** The frame of one part, with its tunnel. Outer checksums fit the inner one as it will be when it is complete. */
export function partFrame(chosen: Chosen, part: SamplePart): Uint8Array {
  const { family, tunnel, outerChecksum } = chosen;
  const { fragOff, length } = part;
  const ip = {
    family,
    id: (chosen.ipId + part.index) & 0xffff,
    protocol: isTcp(chosen) ? 6 : chosen.gso === "sctp" ? 132 : 17,
    ...(fragOff === undefined ? {} : { fragOff }),
    ...(length === undefined ? {} : { length }),
  };
  const inner = sampleFrame(ip, transportOf(chosen, part));
  if (tunnel === "none") return inner;
  const complete = sampleFrame(ip, transportOf(chosen, { ...part, checksum: "full" }));
  const frame = sampleTunnel(tunnel, complete, { id: OUTER_ID + part.index, checksum: outerChecksum });
  frame.set(inner.subarray(tunnel === "ip" ? SAMPLE_MAC_LEN : 0), innerLayout(chosen).outer);
  return frame;
}
