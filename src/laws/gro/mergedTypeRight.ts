import {
  gsoTypeNames,
  NETIF_F_GSO_MASK,
  SKB_GSO_DODGY,
  SKB_GSO_FRAGLIST,
  SKB_GSO_GRE,
  SKB_GSO_GRE_CSUM,
  SKB_GSO_IPXIP4,
  SKB_GSO_IPXIP6,
  SKB_GSO_TCP_ECN,
  SKB_GSO_TCP_FIXEDID,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_TUNNEL_REMCSUM,
  SKB_GSO_UDP_L4,
  SKB_GSO_UDP_TUNNEL,
  SKB_GSO_UDP_TUNNEL_CSUM,
} from "../../abi/features.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { TCPHDR_CWR } from "../../wire/tcp.js";
import { law } from "../law.js";
import { type Aggregate, checkAggregates, layerOfFrame, placeIn } from "./batch.js";

/** Not told by the headers alone: where it came from, remote checksums, and whether it was chained. */
const FREE = SKB_GSO_DODGY | SKB_GSO_TUNNEL_REMCSUM | SKB_GSO_FRAGLIST;

/** The type chooses the handlers, and the devices that may have the packet whole. */
export const mergedTypeRight = law({
  name: "merged-type-right",
  law: "The gso_type of a merged packet names the headers that it has.",
  standsFor: ["GRO-7", "I10"],
  check: (run) =>
    checkAggregates(run, (aggregate, findings) => {
      findings.applies();
      const expected = typeOf(aggregate);
      const received = aggregate.delivery.view.shinfo.gsoType & ~FREE;
      if (expected === received) return;
      findings.broken({
        place: `${firstName((expected ^ received) & NETIF_F_GSO_MASK)}${aggregate.kind}`,
        expected: gsoTypeNames(expected),
        received: gsoTypeNames(received),
        at: placeIn(aggregate),
      });
    }),
});

/** One name for a place: of several bits the lowest. */
const firstName = (bits: number): string => (bits === 0 ? "unknown bits" : gsoTypeNames(bits & -bits));

function typeOf(aggregate: Aggregate): number {
  const { layer, layers, isList } = aggregate;
  const tunnels = layers.slice(0, -1).reduce((type, outer) => type | tunnelType(outer), 0);
  if (layer.udp !== undefined) return tunnels | SKB_GSO_UDP_L4;
  const tcp = layer.version === 4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
  // A chain is taken apart without a look at its headers.
  if (isList) return tunnels | tcp;
  const ecn = ((layer.tcp?.flags ?? 0) & TCPHDR_CWR) !== 0 ? SKB_GSO_TCP_ECN : 0;
  return tunnels | tcp | ecn | (hasFixedId(aggregate) ? SKB_GSO_TCP_FIXEDID : 0);
}

/** The second frame decides whether a flow counts. */
function hasFixedId(aggregate: Aggregate): boolean {
  const [first, second] = aggregate.frames.map((frame) => layerOfFrame(aggregate, frame));
  return first?.version === 4 && second !== undefined && first.ipId === second.ipId;
}

function tunnelType({ version, udp, carries }: FrameLayer): number {
  switch (carries?.kind) {
    case "vxlan":
      return udp?.check === 0 ? SKB_GSO_UDP_TUNNEL : SKB_GSO_UDP_TUNNEL_CSUM;
    case "gre":
    case "gre-ip":
      return carries.checksumOffset === undefined ? SKB_GSO_GRE : SKB_GSO_GRE_CSUM;
    case "ip":
      return version === 4 ? SKB_GSO_IPXIP4 : SKB_GSO_IPXIP6;
    default:
      return 0;
  }
}
