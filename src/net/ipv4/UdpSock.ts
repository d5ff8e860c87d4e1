/** A UDP socket: what it accepts whole, its queue, and its counters. */

import type { SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";
import type { GroSocket } from "../core/NetDevice.js";
import type { GroCallbacks } from "../NetKernel.js";

export interface UdpSockOptions {
  /** Takes UDP_L4 aggregates whole (the UDP_GRO option). */
  readonly acceptsL4: boolean;
  /** Takes lists whole (tunnel sockets). */
  readonly acceptsFraglist: boolean;
  readonly convertsChecksum: boolean;
  /** A filter is attached: checksums are verified before queueing. */
  readonly filters: boolean;
  readonly rcvbuf?: number;
  /**
   * A tunnel's receive function; `data` is at the UDP header. 0: the packet was taken; above 0: it is an ordinary
   * datagram; below 0: it is to be passed on to that protocol.
   *
   * @kernel encap_rcv of struct udp_sock
   */
  readonly encapRcv?: (skb: SkBuff) => number;
  readonly tunnelGro?: GroCallbacks;
  /** Takes IPv6 datagrams without a checksum. @kernel udp_get_no_check6_rx */
  readonly acceptsNoCheck6?: boolean;
}

/** @kernel struct udp_sock include/linux/udp.h */
export class UdpSock extends Sock implements GroSocket {
  inErrors = 0;
  rcvbufErrors = 0;
  readonly tunnelGro: GroCallbacks | undefined;

  constructor(
    name: string,
    readonly options: UdpSockOptions,
  ) {
    super(name, options.rcvbuf);
    this.tunnelGro = options.tunnelGro;
  }

  /** The socket option makes a socket take UDP_L4; tunnels take it, and lists, without asking for aggregation. */
  get groEnabled(): boolean {
    return this.options.acceptsL4 && !this.options.acceptsFraglist;
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
