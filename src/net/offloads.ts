/** The handler tables of the kernel, built once. @kernel inet_init, ipv6_offload_init, ip6_exthdrs_offload_init */
import { ETH_P_IP, ETH_P_IPV6 } from "../wire/ethernet.js";
import { NEXTHDR_DEST, NEXTHDR_HOP, NEXTHDR_ROUTING } from "../wire/ipv6Ext.js";
import { IPPROTO_UDP } from "../wire/udp.js";
import { inetGsoSegment } from "./ipv4/afInet.js";
import { udp4UfoFragment } from "./ipv4/udpOffload.js";
import { ipv6GsoSegment } from "./ipv6/ip6Offload.js";
import { udp6UfoFragment } from "./ipv6/udpOffload.js";
import type { OffloadTables } from "./NetKernel.js";

export const offloads: OffloadTables = {
  packet: new Map([
    [ETH_P_IP, inetGsoSegment],
    [ETH_P_IPV6, ipv6GsoSegment],
  ]),
  inet: new Map([[IPPROTO_UDP, udp4UfoFragment]]),
  inet6: new Map([[IPPROTO_UDP, udp6UfoFragment]]),
  inet6Extensions: new Set([NEXTHDR_HOP, NEXTHDR_ROUTING, NEXTHDR_DEST]),
};
