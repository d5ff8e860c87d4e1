/**
 * Recorded cases carried out in the model: frames written into a tap that is a bridge port, compared byte for byte with
 * what the other ports put out.
 */
import { firstDifference } from "../../bytes/diff.js";
import { fromHex, hex } from "../../bytes/hexdump.js";
import type { Kernel } from "../../kernel/Kernel.js";
import { KernelFault } from "../../memory/fault.js";
import { Memory } from "../../memory/Memory.js";
import { brFlood } from "../../net/bridge/brForward.js";
import { derivedFeatures, GSO_LEGACY_MAX_SIZE, type NetDevice } from "../../net/core/NetDevice.js";
import { netifReceiveSkb } from "../../net/core/receive.js";
import { TUN_VLAN_OFFLOADS, tunFeatures, tunGetUser, tunNetXmit, tunPutUser } from "../../net/drivers/tun.js";
import type { NetKernel } from "../../net/NetKernel.js";
import { offloads } from "../../net/offloads.js";
import { roundings } from "../../skb/alloc.js";
import { errnoName } from "../../skb/errno.js";
import { kfreeSkb } from "../../skb/free.js";
import { PACKET_MULTICAST, type SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import { VIRTIO_NET_HDR_GSO_ECN, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6 } from "../../wire/virtioNetHdr.js";
import type { RecordedFrame, VectorRecord } from "./vectorRecord.js";

/** The wirings that can be carried out: a tap on a bridge, and one or four other taps. */
const MODELLED_TOPOLOGIES: readonly string[] = ["bridge", "bridge-flood"];

const TCP_TYPES: ReadonlySet<number> = new Set([VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6]);
const MTU = 1500;

/** What keeps a record from being carried out, or undefined. */
export function whyNotModelled(record: VectorRecord): string | undefined {
  if (!MODELLED_TOPOLOGIES.includes(record.topology)) return `topology ${record.topology}`;
  const isTcp = record.in.some(({ vnet }) => TCP_TYPES.has(vnet.gsoType & ~VIRTIO_NET_HDR_GSO_ECN));
  return isTcp ? "TCP segmentation" : undefined;
}

export interface VectorOutcome {
  readonly id: string;
  readonly passed: boolean;
  /** One line each, the first ones first. */
  readonly differences: readonly string[];
}

/** Carries one record out and compares. A fault of the model is a difference. */
export function runVector(record: VectorRecord, kernel: Kernel): VectorOutcome {
  let differences: string[];
  try {
    differences = compare(record, kernel);
  } catch (error) {
    if (!(error instanceof KernelFault)) throw error;
    differences = [`${error.message} in ${error.site[0] ?? "nowhere"}`];
  }
  return { id: record.id, passed: differences.length === 0, differences };
}

interface Port extends NetDevice {
  readonly ring: SkBuff[];
}

function portOf(name: string, offloadNames: readonly string[]): Port {
  const ring: SkBuff[] = [];
  const derived = derivedFeatures(tunFeatures(offloadNames), 0);
  return {
    name,
    mtu: MTU,
    ...derived,
    vlanFeatures: derived.vlanFeatures & ~TUN_VLAN_OFFLOADS,
    gsoMaxSegs: 65_535,
    gsoMaxSize: GSO_LEGACY_MAX_SIZE,
    gsoIpv4MaxSize: GSO_LEGACY_MAX_SIZE,
    takesAnyTags: true,
    startXmit: (skb) => tunNetXmit(skb, ring),
    ring,
  };
}

function compare(record: VectorRecord, kernel: Kernel): string[] {
  const mem = new Memory();
  mem.rounding = roundings.kmalloc612;
  const k: NetKernel = { ...kernel.seams, offloads };
  const ports = Object.entries(record.egress).map(([name, offloadNames]) => portOf(name, offloadNames));
  // A bridge puts a new port in front: the flood begins with the one that was added last.
  const floodOrder = [...ports].reverse();
  const differences: string[] = [];

  record.in.forEach(({ vnet, frame }, i) => {
    const written = tunGetUser(k, { mem, sk: new Sock("A") }, vnet, fromHex(frame));
    const got = written.skb === null ? errnoName(written.err) : "ok";
    if (got !== record.write[i]) differences.push(`write ${i}: expected ${record.write[i]}, got ${got}`);
    const skb = written.skb === null ? null : netifReceiveSkb(written.skb);
    if (skb === null) return;
    const localRcv = skb.pktType === PACKET_MULTICAST;
    brFlood(k, skb, floodOrder, localRcv);
    if (localRcv) kfreeSkb(skb);
  });

  for (const port of ports) comparePort(port, record.out[port.name] ?? [], differences);
  for (const report of mem.reports) {
    if (report.kind !== "shared-write") differences.push(`${report.kind} of ${report.object} in ${report.site[0]}`);
  }
  return differences;
}

function comparePort(port: Port, expected: readonly RecordedFrame[], differences: string[]): void {
  if (port.ring.length !== expected.length) {
    differences.push(`port ${port.name}: expected ${expected.length} frames, got ${port.ring.length}`);
  }
  port.ring.forEach((skb, i) => {
    const wanted = expected[i];
    const read = tunPutUser(skb);
    kfreeSkb(skb);
    if (wanted === undefined) return;
    const where = `port ${port.name} frame ${i}`;
    if (read === null) {
      differences.push(`${where}: cannot be read from a tap`);
      return;
    }
    for (const field of ["flags", "gsoType", "gsoSize", "csumStart", "csumOffset"] as const) {
      if (read.vnet[field] !== wanted.vnet[field]) {
        differences.push(`${where}: vnet ${field}: expected ${wanted.vnet[field]}, got ${read.vnet[field]}`);
      }
    }
    compareBytes(where, fromHex(wanted.frame), read.frame, wanted.varies ?? [], differences);
  });
}

function compareBytes(
  where: string,
  expected: Uint8Array,
  received: Uint8Array,
  varies: readonly (readonly [number, number])[],
  differences: string[],
): void {
  const got = received.slice();
  for (const [offset, length] of varies) got.set(expected.subarray(offset, offset + length), offset);
  const at = firstDifference(expected, got);
  if (at === -1) return;
  differences.push(
    `${where}: ${expected.length} bytes expected, ${got.length} got; at byte ${at} expected ` +
      `${hex(expected.subarray(at, at + 8))}, got ${hex(got.subarray(at, at + 8))}`,
  );
}
