/** How the devices of a recorded case are wired, and what can be seen of them. */
import type { Memory } from "../../../../memory/Memory.js";
import type { TapRead } from "../../../../net/drivers/tun.js";
import type { NetKernel } from "../../../../net/NetKernel.js";
import type { Errno } from "../../../../skb/errno.js";
import type { SkBuff } from "../../../../skb/SkBuff.js";
import type { RecordedVnet, VectorRecord } from "../record.js";

/** What a wiring is built from. */
export interface Bench {
  readonly k: NetKernel;
  readonly mem: Memory;
  readonly record: VectorRecord;
}

/** A tap as the program sees it that reads from it. */
export interface ReadableTap {
  /** Frames that were sent out of the device and not read yet. */
  readonly ring: readonly SkBuff[];
  /** What a read() gives for one of them, or null for a GSO type that the header cannot express. */
  read(skb: SkBuff): TapRead | null;
}

/** A socket as the program sees it that reads from it. */
export interface ReadableSocket {
  /** Payloads in the order of their arrival; empties the queue. */
  receive(): Uint8Array[];
}

/** One wiring, built afresh for a record. Taps and sockets are named as in the records. */
export interface Network {
  /** One write() into port A: 0, or a negative errno. */
  write(vnet: RecordedVnet, frame: Uint8Array): Errno;
  /** Lets the receive polls run that the writes scheduled. */
  poll(): void;
  readonly taps: ReadonlyMap<string, ReadableTap>;
  readonly sockets: ReadonlyMap<string, ReadableSocket>;
}

export type Wiring = (bench: Bench) => Network;
