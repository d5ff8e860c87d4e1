/** Which layer of an encapsulated packet its gso_size counts for. */

import {
  SKB_GSO_GRE,
  SKB_GSO_GRE_CSUM,
  SKB_GSO_IPXIP4,
  SKB_GSO_IPXIP6,
  SKB_GSO_SCTP,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../abi/features.js";
import type { SkbView } from "../recipe/Run.js";
import type { FrameLayer } from "../wire/frameLayers.js";
import { parsedLayers } from "./parsedFrame.js";

export const GSO_TCP = SKB_GSO_TCPV4 | SKB_GSO_TCPV6;
export const GSO_TUNNELS =
  SKB_GSO_GRE | SKB_GSO_GRE_CSUM | SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6 | SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM;

/** A layer with a network and a transport header. */
export interface TransportLayer extends FrameLayer {
  readonly version: 4 | 6;
}

/**
 * The place among `layers` of the transport that a packet of this type is cut at; -1 when it is not there.
 *
 * A type with tunnel bits means the innermost transport, as does none at all. Otherwise the packet is cut at the first: a
 * list of VXLAN packets is a list of UDP packets. MPLS and NSH have no bit, but no transport either.
 */
export function gsoLayerIndex(layers: readonly FrameLayer[], gsoType: number): number {
  const fits = (layer: FrameLayer): boolean => layer.version !== 0 && hasTransport(layer, gsoType);
  const isCut = (gsoType & (GSO_TCP | SKB_GSO_UDP_L4 | SKB_GSO_UDP | SKB_GSO_SCTP)) !== 0;
  if (isCut && (gsoType & GSO_TUNNELS) === 0) return layers.findIndex(fits);
  const last = layers.length - 1;
  const innermost = layers[last];
  return innermost !== undefined && innermost.carries === undefined && fits(innermost) ? last : -1;
}

function hasTransport({ udp, tcp, sctp }: FrameLayer, gsoType: number): boolean {
  if ((gsoType & GSO_TCP) !== 0) return tcp !== undefined;
  if ((gsoType & SKB_GSO_SCTP) !== 0) return sctp !== undefined;
  if ((gsoType & (SKB_GSO_UDP_L4 | SKB_GSO_UDP)) !== 0) return udp !== undefined;
  return udp !== undefined || tcp !== undefined || sctp !== undefined;
}

/** The layer that a view, data at the MAC header, is cut at; undefined when its headers cannot be read. */
export function gsoLayerOf(view: SkbView): TransportLayer | undefined {
  const layers = parsedLayers(view.bytes ?? view.linear);
  return layers[gsoLayerIndex(layers, view.shinfo.gsoType)] as TransportLayer | undefined;
}
