/** The handler tables of the kernel, built once. @kernel inet_init, ipv6_offload_init, ip6_exthdrs_offload_init */
import {
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_IP,
  ETH_P_IPV6,
  ETH_P_MPLS_MC,
  ETH_P_MPLS_UC,
  ETH_P_TEB,
} from "../wire/ethernet.js";
import { IPPROTO_GRE } from "../wire/gre.js";
import { IPPROTO_IPIP, IPPROTO_IPV6 } from "../wire/ipTunnel.js";
import { NEXTHDR_DEST, NEXTHDR_HOP, NEXTHDR_ROUTING } from "../wire/ipv6Ext.js";
import { ETH_P_NSH } from "../wire/nsh.js";
import { IPPROTO_SCTP } from "../wire/sctp.js";
import { IPPROTO_TCP } from "../wire/tcp.js";
import { IPPROTO_UDP } from "../wire/udp.js";
import { vlanGro } from "./8021q/vlanGro.js";
import { ethGro } from "./ethernet/eth.js";
import { inetGsoSegment } from "./ipv4/afInet.js";
import { greGro } from "./ipv4/greGro.js";
import { greGsoSegment } from "./ipv4/greOffload.js";
import { inetGro } from "./ipv4/inetGro.js";
import { ipipGsoSegment } from "./ipv4/ipip.js";
import { ip4ip6Gro, ip6ip6Gro, ipipGro, sitGro } from "./ipv4/ipipGro.js";
import { tcp4Gro } from "./ipv4/tcpGro.js";
import { tcp4GsoSegment } from "./ipv4/tcpOffload.js";
import { udp4Gro } from "./ipv4/udpGro.js";
import { udp4UfoFragment } from "./ipv4/udpOffload.js";
import { ipv6GsoSegment } from "./ipv6/ip6Offload.js";
import { ip4ip6GsoSegment, ip6ip6GsoSegment, sitGsoSegment } from "./ipv6/ipInIpv6.js";
import { ipv6Gro } from "./ipv6/ipv6Gro.js";
import { tcp6Gro } from "./ipv6/tcpv6Gro.js";
import { tcp6GsoSegment } from "./ipv6/tcpv6Offload.js";
import { udp6UfoFragment } from "./ipv6/udpOffload.js";
import { udp6Gro } from "./ipv6/udpv6Gro.js";
import { mplsGsoSegment } from "./mpls/mplsGso.js";
import type { OffloadTables } from "./NetKernel.js";
import { nshGsoSegment } from "./nsh/nsh.js";
import { sctpGsoSegment } from "./sctp/offload.js";

/** The VLAN module is not loaded, as on the machine of the recorded cases: tagged frames pass receive offload by. */
export const offloads: OffloadTables = {
  packet: new Map([
    [ETH_P_IP, inetGsoSegment],
    [ETH_P_IPV6, ipv6GsoSegment],
    [ETH_P_MPLS_UC, mplsGsoSegment],
    [ETH_P_MPLS_MC, mplsGsoSegment],
    [ETH_P_NSH, nshGsoSegment],
  ]),
  inet: new Map([
    [IPPROTO_TCP, tcp4GsoSegment],
    [IPPROTO_UDP, udp4UfoFragment],
    [IPPROTO_SCTP, sctpGsoSegment],
    [IPPROTO_IPIP, ipipGsoSegment],
    [IPPROTO_IPV6, sitGsoSegment],
    [IPPROTO_GRE, greGsoSegment],
  ]),
  inet6: new Map([
    [IPPROTO_TCP, tcp6GsoSegment],
    [IPPROTO_UDP, udp6UfoFragment],
    [IPPROTO_SCTP, sctpGsoSegment],
    [IPPROTO_IPIP, ip4ip6GsoSegment],
    [IPPROTO_IPV6, ip6ip6GsoSegment],
    [IPPROTO_GRE, greGsoSegment],
  ]),
  inet6Extensions: new Set([NEXTHDR_HOP, NEXTHDR_ROUTING, NEXTHDR_DEST]),
  packetGro: new Map([
    [ETH_P_IP, inetGro],
    [ETH_P_IPV6, ipv6Gro],
    [ETH_P_TEB, ethGro],
  ]),
  inetGro: new Map([
    [IPPROTO_TCP, tcp4Gro],
    [IPPROTO_UDP, udp4Gro],
    [IPPROTO_GRE, greGro],
    [IPPROTO_IPIP, ipipGro],
    [IPPROTO_IPV6, sitGro],
  ]),
  inet6Gro: new Map([
    [IPPROTO_TCP, tcp6Gro],
    [IPPROTO_UDP, udp6Gro],
    [IPPROTO_GRE, greGro],
    [IPPROTO_IPIP, ip4ip6Gro],
    [IPPROTO_IPV6, ip6ip6Gro],
  ]),
};

/** With the VLAN module loaded. @kernel vlan_offload_init */
export const offloadsWithVlans: OffloadTables = {
  ...offloads,
  packetGro: new Map([...offloads.packetGro, [ETH_P_8021Q, vlanGro], [ETH_P_8021AD, vlanGro]]),
};
