/** How the packet comes in: laid out as the stack would have it, or written into a tap as a frame. */
import { netifReceiveSkb } from "../../net/core/receive.js";
import { tunGetUser } from "../../net/drivers/tun.js";
import { errnoName } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { TCPHDR_CWR } from "../../wire/tcp.js";
import {
  VIRTIO_NET_HDR_F_DATA_VALID,
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_TCPV4,
  VIRTIO_NET_HDR_GSO_TCPV6,
  VIRTIO_NET_HDR_GSO_UDP,
  VIRTIO_NET_HDR_GSO_UDP_L4,
  type VirtioNetHdr,
} from "../../wire/virtioNetHdr.js";
import { INGRESS } from "./aggregate.js";
import { buildPacket } from "./buildPacket.js";
import { aggregateHeaders } from "./headers.js";
import type { PacketPlan, Piece } from "./packetPlan.js";
import type { World } from "./World.js";

export interface Arrived {
  readonly skb: SkBuff | null;
  readonly errno: string;
}

export function arrive(world: World, plan: PacketPlan): Arrived {
  if (plan.recipe.arrival === "stack") return { skb: buildPacket(world, plan), errno: "" };
  const written = tunGetUser(world.kernel, { mem: world.mem, sk: world.sender }, vnetHdrOf(plan), tapFrame(plan));
  if (written.skb === null) return { skb: null, errno: errnoName(written.err) };
  written.skb.dev = INGRESS;
  written.skb.hash = plan.recipe.seed;
  const skb = netifReceiveSkb(written.skb);
  return { skb, errno: skb === null ? "ENOMEM" : "" };
}

function tapFrame(plan: PacketPlan): Uint8Array {
  const headers = aggregateHeaders(plan);
  const frame = new Uint8Array(headers.length + plan.payload.length);
  frame.set(headers);
  frame.set(plan.payload, headers.length);
  return frame;
}

/** The header that a program would write. */
function vnetHdrOf(plan: PacketPlan): VirtioNetHdr {
  const { recipe } = plan;
  const needsCsum = recipe.checksum === "partial";
  const dataValid = recipe.checksum === "unnecessary" ? VIRTIO_NET_HDR_F_DATA_VALID : 0;
  return {
    flags: needsCsum ? VIRTIO_NET_HDR_F_NEEDS_CSUM : dataValid,
    gsoType: vnetTypeOf(plan),
    hdrLen: (plan.headerLen + (plan.pieces[0] as Piece).linear) & 0xffff,
    gsoSize: plan.gsoSize,
    csumStart: needsCsum ? Math.max(0, plan.transportOffset + recipe.checksumStart) & 0xffff : 0,
    csumOffset: needsCsum ? plan.transport.checkOffset : 0,
  };
}

function vnetTypeOf({ recipe, isIpv6 }: PacketPlan): number {
  switch (recipe.gso) {
    case "udp-l4":
      return VIRTIO_NET_HDR_GSO_UDP_L4;
    case "ufo":
      return VIRTIO_NET_HDR_GSO_UDP;
    case "tcp": {
      const ecn = recipe.tcp.flags & TCPHDR_CWR ? VIRTIO_NET_HDR_GSO_ECN : 0;
      return (isIpv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4) | ecn;
    }
    default:
      return VIRTIO_NET_HDR_GSO_NONE;
  }
}
