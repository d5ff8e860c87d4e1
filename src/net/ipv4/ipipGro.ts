/** Receive offload of IP inside IP, in all four combinations; one level of it. */
import { SKB_GSO_IPXIP4, SKB_GSO_IPXIP6 } from "../../abi/features.js";
import { napiGroCb } from "../core/gro/napiGroCb.js";
import { ipv6Gro } from "../ipv6/ipv6Gro.js";
import type { GroCallbacks, GroReceive } from "../NetKernel.js";
import { inetGro } from "./inetGro.js";

/** @kernel ipip_gro_receive net/ipv4/af_inet.c, sit_ip6ip6_gro_receive and ip4ip6_gro_receive net/ipv6/ip6_offload.c */
const tunnelled =
  (inner: GroReceive): GroReceive =>
  (k, held, skb) => {
    const cb = napiGroCb(skb);
    if (cb.encapMark) {
      cb.flush = 1;
      return null;
    }
    cb.encapMark = true;
    return inner(k, held, skb);
  };

const tunnel = (inner: GroCallbacks, gsoType: number): GroCallbacks => ({
  receive: tunnelled(inner.receive),
  complete: (k, skb, nhoff) => {
    skb.encapsulation = true;
    skb.shinfo.gsoType |= gsoType;
    return inner.complete(k, skb, nhoff);
  },
});

/** IPv4 in IPv4. @kernel ipip_offload */
export const ipipGro = tunnel(inetGro, SKB_GSO_IPXIP4);
/** IPv6 in IPv4. @kernel sit_offload */
export const sitGro = tunnel(ipv6Gro, SKB_GSO_IPXIP4);
/** IPv6 in IPv6. @kernel ip6ip6_offload */
export const ip6ip6Gro = tunnel(ipv6Gro, SKB_GSO_IPXIP6);
/** IPv4 in IPv6. @kernel ip4ip6_offload */
export const ip4ip6Gro = tunnel(inetGro, SKB_GSO_IPXIP6);
