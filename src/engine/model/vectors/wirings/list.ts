/** Every wiring by the name of its topology. */
import { bridged, bridgedWithSockets } from "./bridge.js";
import { receiveOffload } from "./Lab.js";
import { routed } from "./route.js";
import { vethBetweenBridges } from "./veth.js";
import { vxlanOverB } from "./vxlan.js";
import type { Wiring } from "./Wiring.js";

const list = { receive: receiveOffload("list") };
const fwd = { receive: receiveOffload("fwd") };
const plain = { receive: receiveOffload("plain") };

const EVERY_OFFLOAD = [
  "csum",
  "tso4",
  "tso6",
  "tso_ecn",
  "uso4",
  "uso6",
  "udp_tunnel_gso",
  "udp_tunnel_gso_csum",
] as const;
/** @kernel struct virtio_net_hdr_v1_hash_tunnel: with room for the offsets of a tunnel */
const tunnelHeader = { vnetHdrSz: 24 };

export const wirings: ReadonlyMap<string, Wiring> = new Map([
  ["bridge", bridged()],
  ["bridge-flood", bridged()],
  ["gro-list", bridged(list)],
  ["gro-fwd", bridged(fwd)],
  ["gro-plain", bridged(plain)],
  ["gro-list-flood", bridged(list)],
  ["gro-fwd-flood", bridged(fwd)],
  ["sock-list", bridgedWithSockets(list)],
  ["sock-fwd", bridgedWithSockets(fwd)],
  ["veth-list", vethBetweenBridges("list")],
  ["veth-fwd", vethBetweenBridges("fwd")],
  ["veth-list-nocsum", vethBetweenBridges("list", ["tx-checksumming"])],
  ["route", routed()],
  ["route-mtu1280", routed({ mtuOfB: 1280 })],
  ["route-list", routed({ tapA: list })],
  ["route-fwd", routed({ tapA: fwd })],
  ["nat", routed({ nat: true })],
  ["nat-list", routed({ nat: true, tapA: list })],
  ["nat-fwd", routed({ nat: true, tapA: fwd })],
  ["vxlan4", vxlanOverB({ outer: 4, csum: false })],
  ["vxlan4-csum", vxlanOverB({ outer: 4, csum: true })],
  ["vxlan6-csum", vxlanOverB({ outer: 6, csum: true })],
  ["vxlan4-list", vxlanOverB({ outer: 4, csum: true, tapA: list })],
  ["tunnel", bridged({ ...tunnelHeader, offloads: EVERY_OFFLOAD }, tunnelHeader)],
]);
