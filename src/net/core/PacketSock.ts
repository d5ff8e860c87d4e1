/** A packet socket that listens to a device. Left out: rings, filters, fanout, headers for the reader, time stamps. */
import { skbClone } from "../../skb/clone.js";
import { consumeSkb, kfreeSkb, skbShared } from "../../skb/free.js";
import { skbOrphan } from "../../skb/owner.js";
import { skbPush } from "../../skb/pushPull.js";
import { PACKET_LOOPBACK, type SkBuff } from "../../skb/SkBuff.js";
import { Sock } from "../../skb/Sock.js";

/** @kernel struct packet_sock net/packet/internal.h */
export class PacketSock extends Sock {}

/**
 * Queues what came in, from its MAC header on. The packet is shared with the protocols that come next, so the socket
 * keeps a clone, and `data` is put back for them.
 *
 * @kernel packet_rcv net/packet/af_packet.c v6.12
 */
export function packetRcv(sk: PacketSock, shared: SkBuff): void {
  let skb = shared;
  if (skb.pktType === PACKET_LOOPBACK) {
    consumeSkb(skb);
    return;
  }
  const { data, len } = skb;
  skbPush(skb, data - skb.macHeader);
  if (sk.rmemAlloc >= sk.rcvbuf) {
    sk.drops++;
    restore(skb, data, len);
    kfreeSkb(skb);
    return;
  }
  if (skbShared(skb)) {
    const clone = skbClone(skb);
    if (clone === null) {
      sk.drops++;
      restore(skb, data, len);
      kfreeSkb(skb);
      return;
    }
    restore(skb, data, len);
    consumeSkb(skb);
    skb = clone;
  }
  skbOrphan(skb);
  skb.sk = sk;
  skb.destructor = "sock_rfree";
  sk.rmemAlloc += skb.truesize;
  skb.next = null;
  skb.prev = null;
  sk.receiveQueue.push(skb);
}

/** Only a packet that others hold too goes on; for one that is freed the kernel does not care. */
function restore(skb: SkBuff, data: number, len: number): void {
  if (!skbShared(skb)) return;
  skb.data = data;
  skb.len = len;
}
