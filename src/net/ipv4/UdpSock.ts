/** A UDP socket: what it accepts whole, its queue, and its counters. */

import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";

export interface UdpSockOptions {
  /** Takes UDP_L4 aggregates whole (the UDP_GRO option). */
  readonly acceptsL4: boolean;
  /** Takes lists whole (tunnel sockets). */
  readonly acceptsFraglist: boolean;
  readonly convertsChecksum: boolean;
  /** A filter is attached: checksums are verified before queueing. */
  readonly filters: boolean;
  readonly rcvbuf?: number;
}

/** @kernel struct udp_sock include/linux/udp.h */
export class UdpSock extends Sock {
  inErrors = 0;
  rcvbufErrors = 0;

  constructor(
    name: string,
    readonly options: UdpSockOptions,
  ) {
    super(name, options.rcvbuf);
  }

  /** @kernel __udp_enqueue_schedule_skb net/ipv4/udp.c: the charge is remembered beside the packet, not by a destructor */
  enqueue(skb: SkBuff): void {
    skb.next = null;
    skb.prev = null;
    this.rmemAlloc += skb.truesize;
    this.charges.push(skb.truesize);
    this.receiveQueue.push(skb);
  }

  /** Takes the oldest packet out, with its charge. */
  dequeue(): SkBuff | undefined {
    this.rmemAlloc -= this.charges.shift() ?? 0;
    return this.receiveQueue.shift();
  }

  private readonly charges: number[] = [];
}
