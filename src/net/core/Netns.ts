/**
 * A network namespace: interfaces with their addresses, static routes and neighbours, sockets, and what address
 * translation is to do. Left out: rules and several tables, metrics, multipath, learning neighbours, source address
 * selection beyond the first address of the egress interface.
 *
 * @kernel struct net include/net/net_namespace.h
 */
import { equalBytes } from "../../bytes/diff.js";
import { hex } from "../../bytes/hexdump.js";
import type { Device, SkBuff } from "../../skb/SkBuff.js";
import { ETH_ALEN } from "../../wire/ethernet.js";
import type { UdpSock } from "../ipv4/UdpSock.js";
import type { NetKernel } from "../NetKernel.js";
import type { NfConntrackTable } from "../netfilter/conntrack.js";
import type { Translation } from "../netfilter/nat.js";
import {
  broadcastOf,
  ipv4IsLbcast,
  isAnyAddress,
  isInPrefix,
  isIpv4Address,
  isMulticastAddress,
  type Prefix,
} from "./ipAddress.js";
import type { FourTuple, GroSocket, NetDevice, NetNamespace } from "./NetDevice.js";
import type { PacketSock } from "./PacketSock.js";

/**
 * Takes a packet that came in through a device before any protocol sees it: null when it kept or freed the packet, else
 * the packet to go on with, which may be another one.
 *
 * @kernel rx_handler_func_t include/linux/netdevice.h
 */
export type RxHandler = (k: NetKernel, skb: SkBuff) => SkBuff | null;

export interface InterfaceConfig {
  /** The MAC address, where the device does not say its own. */
  readonly address?: Uint8Array;
  /** None: IPv4 input is dropped here. */
  readonly ipv4?: readonly Prefix[];
  /** None: IPv6 is disabled here. */
  readonly ipv6?: readonly Prefix[];
  readonly isLoopback?: boolean;
}

/** A device as the network layer knows it. @kernel struct in_device, struct inet6_dev */
export interface Interface {
  readonly device: NetDevice;
  readonly address: Uint8Array;
  readonly ipv4: readonly Prefix[];
  readonly ipv6: readonly Prefix[];
  readonly isLoopback: boolean;
  rxHandler: RxHandler | null;
}

/** Where a packet goes next. @kernel struct rtable, struct rt6_info */
export interface Route {
  readonly device: NetDevice;
  /** The gateway, or the destination itself. */
  readonly nexthop: Uint8Array;
  readonly mtu: number;
  /** What a packet of our own gets as its source, or null where the interface has no address of that family. */
  readonly source: Uint8Array | null;
}

/** What a packet that came in is for. */
export type InputRoute =
  | { readonly kind: "local" | "broadcast" | "multicast" | "none" }
  | { readonly kind: "forward"; readonly route: Route };

interface StaticRoute {
  readonly to: Prefix;
  readonly device: NetDevice;
  readonly via: Uint8Array | null;
}

/** A UDP socket with what it was bound to. @kernel struct inet_sock, struct ip_mc_socklist */
export interface BoundUdp {
  readonly sk: UdpSock;
  /** All zero: any address of that family. */
  readonly address: Uint8Array;
  readonly port: number;
  readonly groups: readonly Uint8Array[];
}

export interface NetnsOptions {
  readonly ipv4Forwarding?: boolean;
  readonly ipv6Forwarding?: boolean;
  /** IPv6 flow label of our own packets: in the kernel a hash of the flow with a secret drawn at boot. */
  readonly flowLabel?: number;
}

/** A buffer that was freed as dropped, as the kernel's tracepoint tells it. @kernel kfree_skb_reason */
export interface Drop {
  readonly location: string;
  readonly reason: string;
}

export class Netns implements NetNamespace {
  readonly ipv4Forwarding: boolean;
  readonly ipv6Forwarding: boolean;
  readonly flowLabel: number;
  readonly interfaces: Interface[] = [];
  /** Rules of address translation, in the order in which they are tried. */
  readonly translations: Translation[] = [];
  /** Made by the first packet that meets rules of translation. */
  conntrack: NfConntrackTable | null = null;
  /** Taps on all devices or on one. @kernel ptype_all */
  readonly packetSockets: { readonly sk: PacketSock; readonly device: NetDevice | null }[] = [];
  readonly drops: Drop[] = [];
  readonly udpSockets: BoundUdp[] = [];

  private readonly routes: StaticRoute[] = [];
  private readonly neighbours = new Map<string, Uint8Array>();
  private readonly established: FourTuple[] = [];
  private readonly joined = new Map<NetDevice, Uint8Array[]>();
  /** Random in the kernel, counted here. @kernel ip_idents */
  private nextIpv4Id = 1;

  constructor(options: NetnsOptions = {}) {
    this.ipv4Forwarding = options.ipv4Forwarding ?? false;
    this.ipv6Forwarding = options.ipv6Forwarding ?? false;
    this.flowLabel = options.flowLabel ?? 0;
  }

  addInterface(device: NetDevice, config: InterfaceConfig = {}): Interface {
    const added: Interface = {
      device,
      address: config.address ?? device.address ?? new Uint8Array(ETH_ALEN),
      ipv4: config.ipv4 ?? [],
      ipv6: config.ipv6 ?? [],
      isLoopback: config.isLoopback ?? false,
      rxHandler: null,
    };
    this.interfaces.push(added);
    for (const to of [...added.ipv4, ...added.ipv6]) this.routes.push({ to, device, via: null });
    return added;
  }

  interfaceOf(device: Device | null): Interface | undefined {
    return this.interfaces.find((one) => one.device === device);
  }

  addRoute(to: Prefix, device: NetDevice, via: Uint8Array | null = null): void {
    this.routes.push({ to, device, via });
  }

  addNeighbour(ip: Uint8Array, mac: Uint8Array): void {
    this.neighbours.set(hex(ip), mac);
  }

  /** The MAC address that a packet to `ip` gets: of a static neighbour, or as the group's address says. */
  neighbour(ip: Uint8Array): Uint8Array | undefined {
    if (isMulticastAddress(ip)) return groupMac(ip);
    return this.neighbours.get(hex(ip));
  }

  addPacketSock(sk: PacketSock, device: NetDevice | null = null): void {
    this.packetSockets.push({ sk, device });
  }

  /** The socket hears what is sent to that address and port; with `groups` also the groups, on every interface. */
  bindUdp(sk: UdpSock, address: Uint8Array, port: number, groups: readonly Uint8Array[] = []): void {
    this.udpSockets.push({ sk, address, port, groups });
    for (const { device } of this.interfaces) for (const group of groups) this.joinGroup(device, group);
  }

  /** From now on the host takes packets to this group that come in there. @kernel ip_mc_join_group, ipv6_sock_mc_join */
  joinGroup(device: NetDevice, group: Uint8Array): void {
    const groups = this.joined.get(device) ?? [];
    groups.push(group);
    this.joined.set(device, groups);
  }

  /** @kernel ip_check_mc_rcu net/ipv4/igmp.c, ipv6_chk_mcast_addr net/ipv6/mcast.c */
  listensTo(device: Device | null, group: Uint8Array): boolean {
    const groups = this.joined.get(device as NetDevice);
    return groups?.some((one) => equalBytes(one, group)) ?? false;
  }

  addTcpEstablished(tuple: FourTuple): void {
    this.established.push(tuple);
  }

  get udpEncapNeeded(): boolean {
    return this.udpSockets.some(({ sk }) => sk.groEnabled || sk.options.encapRcv !== undefined);
  }

  /** The most specific socket wins. @kernel udp4_lib_lookup2 net/ipv4/udp.c, udp6_lib_lookup2 net/ipv6/udp.c */
  udpSocketFor(tuple: FourTuple): UdpSock | null {
    const fits = this.udpSockets.filter(
      ({ address, port }) => port === tuple.dest && address.length === tuple.daddr.length,
    );
    const exact = fits.find(({ address }) => equalBytes(address, tuple.daddr));
    return (exact ?? fits.find(({ address }) => isAnyAddress(address)))?.sk ?? null;
  }

  udpLookup(tuple: FourTuple): GroSocket | null {
    return this.udpSocketFor(tuple);
  }

  /** Who hears a multicast or broadcast packet. @kernel __udp_is_mcast_sock net/ipv4/udp.c, __udp_v6_is_mcast_sock */
  udpListeners(daddr: Uint8Array, port: number): UdpSock[] {
    return this.udpSockets
      .filter((one) => one.port === port && one.address.length === daddr.length)
      .filter((one) => isAnyAddress(one.address) || equalBytes(one.address, daddr))
      .map(({ sk }) => sk);
  }

  tcpEstablished(tuple: FourTuple): boolean {
    return this.established.some(
      (one) =>
        one.source === tuple.source &&
        one.dest === tuple.dest &&
        equalBytes(one.saddr, tuple.saddr) &&
        equalBytes(one.daddr, tuple.daddr),
    );
  }

  /** Whether one of our interfaces has the address. @kernel inet_addr_type, ipv6_chk_addr */
  isLocal(address: Uint8Array): boolean {
    return this.interfaces.some(({ ipv4, ipv6 }) =>
      (isIpv4Address(address) ? ipv4 : ipv6).some((own) => equalBytes(own.address, address)),
    );
  }

  /** Where a packet of ours goes; null when there is no route. @kernel ip_route_output_key, ip6_route_output */
  routeOutput(daddr: Uint8Array): Route | null {
    if (this.isLocal(daddr)) {
      const loopback = this.interfaces.find(({ isLoopback }) => isLoopback);
      return loopback === undefined ? null : { ...routeThrough(loopback, daddr), source: daddr };
    }
    return this.routeUnicast(daddr);
  }

  /** Longest prefix first, and of two equals the one that was added last. */
  private routeUnicast(daddr: Uint8Array): Route | null {
    let best: StaticRoute | null = null;
    for (const route of this.routes) {
      if (isInPrefix(daddr, route.to) && (best === null || route.to.bits >= best.to.bits)) best = route;
    }
    const through = this.interfaceOf(best?.device ?? null);
    return best === null || through === undefined ? null : routeThrough(through, best.via ?? daddr);
  }

  /** What to do with a packet that came in through `device`. @kernel ip_route_input_noref, ip6_route_input */
  routeInput(device: Device | null, daddr: Uint8Array): InputRoute {
    if (isMulticastAddress(daddr)) return { kind: this.listensTo(device, daddr) ? "multicast" : "none" };
    if (isIpv4Address(daddr) && this.isBroadcast(daddr)) return { kind: "broadcast" };
    if (this.isLocal(daddr)) return { kind: "local" };
    const mayForward = isIpv4Address(daddr) ? this.ipv4Forwarding : this.ipv6Forwarding;
    const route = mayForward ? this.routeUnicast(daddr) : null;
    return route === null ? { kind: "none" } : { kind: "forward", route };
  }

  private isBroadcast(daddr: Uint8Array): boolean {
    if (ipv4IsLbcast(daddr)) return true;
    return this.interfaces.some(({ ipv4 }) => ipv4.some((own) => equalBytes(broadcastOf(own), daddr)));
  }

  /**
   * The identification of an IPv4 packet of ours; a GSO packet takes as many as it has segments.
   *
   * @kernel __ip_select_ident net/ipv4/route.c
   */
  selectIpv4Id(segs: number): number {
    const id = this.nextIpv4Id;
    this.nextIpv4Id = (id + Math.max(1, segs)) & 0xffff;
    return id;
  }

  drop(location: string, reason: string): void {
    this.drops.push({ location, reason });
  }
}

function routeThrough(through: Interface, nexthop: Uint8Array): Route {
  const own = isIpv4Address(nexthop) ? through.ipv4 : through.ipv6;
  return { device: through.device, nexthop, mtu: through.device.mtu, source: own[0]?.address ?? null };
}

/** @kernel ip_eth_mc_map include/net/ip.h, ipv6_eth_mc_map include/net/if_inet6.h */
function groupMac(group: Uint8Array): Uint8Array {
  if (!isIpv4Address(group)) return Uint8Array.of(0x33, 0x33, ...group.subarray(12));
  return Uint8Array.of(0x01, 0x00, 0x5e, (group[1] as number) & 0x7f, ...group.subarray(2));
}
