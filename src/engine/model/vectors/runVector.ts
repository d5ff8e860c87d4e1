/** Recorded cases carried out in the model: the devices are wired as they were, the frames written, the rest compared. */
import { fromHex } from "../../../bytes/hexdump.js";
import type { Kernel } from "../../../kernel/Kernel.js";
import { KernelFault } from "../../../memory/fault.js";
import { Memory } from "../../../memory/Memory.js";
import type { NetKernel, OffloadTables } from "../../../net/NetKernel.js";
import { offloads } from "../../../net/offloads.js";
import { roundings } from "../../../skb/alloc.js";
import { errnoName } from "../../../skb/errno.js";
import { kfreeSkb } from "../../../skb/free.js";
import { isVlanType } from "../../../wire/ethernet.js";
import { compareWithRecord, type Observed } from "./compare.js";
import type { VectorRecord } from "./record.js";
import { wirings } from "./wirings/list.js";
import type { Network, Wiring } from "./wirings/Wiring.js";

/**
 * The recorded kernel had no module for VLAN devices, which brings receive offload of tagged frames along. A tag that
 * the driver has taken out of the frame does not need it.
 */
const recordedOffloads: OffloadTables = {
  ...offloads,
  packetGro: new Map([...offloads.packetGro].filter(([type]) => !isVlanType(type))),
};

/** What keeps a record from being carried out, or undefined. */
export function whyNotModelled(record: VectorRecord): string | undefined {
  return wirings.has(record.topology) ? undefined : `topology ${record.topology}`;
}

export interface VectorOutcome {
  readonly id: string;
  readonly passed: boolean;
  /** One line each, the first ones first. */
  readonly differences: readonly string[];
}

/** Carries one record out and compares. A fault of the model is a difference. */
export function runVector(record: VectorRecord, kernel: Kernel): VectorOutcome {
  const wiring = wirings.get(record.topology);
  const differences = wiring === undefined ? [`unknown topology ${record.topology}`] : carryOut(record, kernel, wiring);
  return { id: record.id, passed: differences.length === 0, differences };
}

function carryOut(record: VectorRecord, kernel: Kernel, wiring: Wiring): string[] {
  const mem = new Memory();
  mem.rounding = roundings.kmalloc612;
  const queued = new Map<string, number[]>();
  const k: NetKernel = {
    ...kernel.seams,
    offloads: recordedOffloads,
    netDevQueue(skb, device) {
      const lengths = queued.get(device.name);
      if (lengths === undefined) queued.set(device.name, [skb.len]);
      else lengths.push(skb.len);
    },
  };
  try {
    const network = wiring({ k, mem, record });
    const writes = record.in.map(({ vnet, frame }) => {
      const err = network.write(vnet, fromHex(frame));
      return err === 0 ? "ok" : errnoName(err);
    });
    network.poll();
    const differences = compareWithRecord(record, { writes, queued, ...readAll(network) });
    for (const report of mem.reports) {
      if (report.kind !== "shared-write") differences.push(`${report.kind} of ${report.object} in ${report.site[0]}`);
    }
    const { skbs, heads, pageRefs } = mem;
    if (skbs + heads + pageRefs > 0) {
      differences.push(`never freed: ${skbs} sk_buffs, ${heads} heads, ${pageRefs} references on pages`);
    }
    return differences;
  } catch (error) {
    if (!(error instanceof KernelFault)) throw error;
    return [`${error.message} in ${error.site[0] ?? "nowhere"}`];
  }
}

function readAll({ taps, sockets }: Network): Pick<Observed, "frames" | "sockets"> {
  const frames = [...taps].map(([name, tap]) => {
    const read = tap.ring.map((skb) => {
      const one = tap.read(skb);
      kfreeSkb(skb);
      return one;
    });
    return [name, read] as const;
  });
  return {
    frames: new Map(frames),
    sockets: new Map([...sockets].map(([name, socket]) => [name, socket.receive()] as const)),
  };
}
