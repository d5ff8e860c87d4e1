/**
 * Where a received packet goes: to the taps, to the bridge that its device is a port of, to the protocol it names. Left
 * out: VLAN devices, traffic control, XDP, ingress hooks, steering to other CPUs, time stamps.
 */
import { kfreeSkb, skbGet } from "../../skb/free.js";
import { PACKET_OTHERHOST, type SkBuff } from "../../skb/SkBuff.js";
import { ETH_P_IP, ETH_P_IPV6 } from "../../wire/ethernet.js";
import { VLAN_VID_MASK } from "../../wire/vlan.js";
import { ipRcv } from "../ipv4/ipInput.js";
import { ip6Rcv } from "../ipv6/ip6Input.js";
import type { NetKernel } from "../NetKernel.js";
import type { Netns } from "./Netns.js";
import { packetRcv } from "./PacketSock.js";
import { netifReceiveSkb } from "./receive.js";

/** What takes a packet in the end. */
type Handler = (skb: SkBuff) => void;

/**
 * A packet that came in through `skb.dev`: protocol, packet type and MAC header are set, `data` is behind the MAC
 * header. The packet is consumed.
 *
 * Every handler but the last gets the packet with one more reference, so that it has to clone before it writes.
 *
 * @kernel __netif_receive_skb_core net/core/dev.c v6.12
 */
export function netifReceive(k: NetKernel, net: Netns, received: SkBuff): void {
  let skb = netifReceiveSkb(received);
  if (skb === null) return;
  let waiting: Handler | null = null;
  const deliverWaiting = (one: SkBuff): void => {
    waiting?.(skbGet(one));
  };

  for (const { sk, device } of net.packetSockets) {
    if (device !== null && device !== skb.dev) continue;
    deliverWaiting(skb);
    waiting = (one) => packetRcv(sk, one);
  }

  const rxHandler = net.interfaceOf(skb.dev)?.rxHandler ?? null;
  if (rxHandler !== null) {
    deliverWaiting(skb);
    waiting = null;
    skb = rxHandler(k, skb);
    if (skb === null) return;
  }

  if (skb.vlanProto !== 0) {
    if (skb.vlanTci & VLAN_VID_MASK) skb.pktType = PACKET_OTHERHOST;
    skb.vlanProto = 0;
    skb.vlanTci = 0;
  }

  const protocol = protocolHandler(k, net, skb.protocol);
  if (protocol !== null) {
    deliverWaiting(skb);
    waiting = protocol;
  }
  if (waiting !== null) {
    (waiting as Handler)(skb);
    return;
  }
  net.drop("__netif_receive_skb_core", "UNHANDLED_PROTO");
  kfreeSkb(skb);
}

/** @kernel ptype_base: ip_packet_type, ipv6_packet_type */
function protocolHandler(k: NetKernel, net: Netns, protocol: number): Handler | null {
  if (protocol === ETH_P_IP) return (skb) => ipRcv(k, net, skb);
  if (protocol === ETH_P_IPV6) return (skb) => ip6Rcv(k, net, skb);
  return null;
}
