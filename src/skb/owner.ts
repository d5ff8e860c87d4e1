/** Who pays for an sk_buff: sockets and their charges. */
import { bugOn } from "../memory/fault.js";
import type { SkBuff } from "./SkBuff.js";
import type { Sock } from "./Sock.js";

/** Calls the destructor as it stands, with the truesize of now; leaves `sk` and `destructor` set. */
export function runDestructor(skb: SkBuff): void {
  const sk = skb.sk;
  if (sk === null) return;
  switch (skb.destructor) {
    case "sock_wfree":
    case "tcp_wfree": // the last byte of the charge keeps the socket until a deferred transmission has run
      sk.wmemAlloc -= skb.truesize;
      if (sk.wmemAlloc <= 0) skb.mem.report("refcount-underflow", sk.name, "sk_wmem_alloc", 0, sk.wmemAlloc);
      break;
    case "sock_rfree":
      sk.rmemAlloc -= skb.truesize;
      if (sk.rmemAlloc < 0) skb.mem.report("refcount-underflow", sk.name, "sk_rmem_alloc", 0, sk.rmemAlloc);
      break;
    default: // sock_edemux drops a plain reference, which is not counted here
  }
}

/**
 * Takes the packet away from its owner. An owner without a destructor cannot be told, and stops the kernel.
 *
 * @kernel skb_orphan include/linux/skbuff.h
 */
export function skbOrphan(skb: SkBuff): void {
  skb.assertAlive("destructor");
  if (skb.destructor !== "") {
    runDestructor(skb);
    skb.destructor = "";
    skb.sk = null;
  } else {
    bugOn(skb.sk !== null, "orphan");
  }
}

/**
 * Charges the packet to a sender.
 *
 * @kernel skb_set_owner_w net/core/sock.c
 */
export function skbSetOwnerW(skb: SkBuff, sk: Sock): void {
  skbOrphan(skb);
  skb.sk = sk;
  skb.destructor = "sock_wfree";
  sk.wmemAlloc += skb.truesize;
}

/**
 * Charges a TCP segment to its connection, which wants to hear of it at once when the device has sent it.
 *
 * @kernel __tcp_transmit_skb net/ipv4/tcp_output.c
 */
export function tcpSetOwnerW(skb: SkBuff, sk: Sock): void {
  skbOrphan(skb);
  skb.sk = sk;
  skb.destructor = "tcp_wfree";
  sk.wmemAlloc += skb.truesize;
}

/**
 * Charges the packet to a receiver.
 *
 * @kernel skb_set_owner_r include/net/sock.h
 */
export function skbSetOwnerR(skb: SkBuff, sk: Sock): void {
  skbOrphan(skb);
  skb.sk = sk;
  skb.destructor = "sock_rfree";
  sk.rmemAlloc += skb.truesize;
}
