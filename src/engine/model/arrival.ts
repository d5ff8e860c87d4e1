/** How the packet comes in: laid out as the stack would have it, or written into a tap as a frame. */
import { netifReceiveSkb } from "../../net/core/receive.js";
import { tunGetUser } from "../../net/drivers/tun.js";
import { errnoName } from "../../skb/errno.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { UDP_CHECK } from "../../wire/udp.js";
import {
  VIRTIO_NET_HDR_F_DATA_VALID,
  VIRTIO_NET_HDR_F_NEEDS_CSUM,
  VIRTIO_NET_HDR_GSO_NONE,
  VIRTIO_NET_HDR_GSO_UDP,
  VIRTIO_NET_HDR_GSO_UDP_L4,
  type VirtioNetHdr,
} from "../../wire/virtioNetHdr.js";
import { buildPacket } from "./buildPacket.js";
import { aggregateHeaders, type PacketPlan, type Piece } from "./packetPlan.js";
import type { World } from "./World.js";

export interface Arrived {
  readonly skb: SkBuff | null;
  readonly errno: string;
}

export function arrive(world: World, plan: PacketPlan): Arrived {
  if (plan.recipe.arrival === "stack") return { skb: buildPacket(world, plan), errno: "" };
  const written = tunGetUser(world.kernel, { mem: world.mem, sk: world.sender }, vnetHdrOf(plan), tapFrame(plan));
  if (written.skb === null) return { skb: null, errno: errnoName(written.err) };
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

/** The header that a program would write; a tap knows no lists, so a list comes in as UDP_L4. */
function vnetHdrOf(plan: PacketPlan): VirtioNetHdr {
  const { recipe } = plan;
  const gsoType =
    recipe.gso === "none"
      ? VIRTIO_NET_HDR_GSO_NONE
      : recipe.gso === "ufo"
        ? VIRTIO_NET_HDR_GSO_UDP
        : VIRTIO_NET_HDR_GSO_UDP_L4;
  const needsCsum = recipe.checksum === "partial";
  const dataValid = recipe.checksum === "unnecessary" ? VIRTIO_NET_HDR_F_DATA_VALID : 0;
  return {
    flags: needsCsum ? VIRTIO_NET_HDR_F_NEEDS_CSUM : dataValid,
    gsoType,
    hdrLen: (plan.headerLen + (plan.pieces[0] as Piece).linear) & 0xffff,
    gsoSize: plan.gsoSize,
    csumStart: needsCsum ? Math.max(0, plan.transportOffset + recipe.checksumStart) & 0xffff : 0,
    csumOffset: needsCsum ? UDP_CHECK : 0,
  };
}
