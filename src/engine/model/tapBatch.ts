/** A batch of frames written into a tap that passes them through receive offload: queued and polled, or each at once. */
import { CHECKSUM_PARTIAL } from "../../abi/features.js";
import type { Napi } from "../../net/core/gro/napi.js";
import { TapFile, tunNapiFragsGetUser, tunNapiGetUser, tunNapiPoll } from "../../net/drivers/tunNapi.js";
import { errnoName } from "../../skb/errno.js";
import { VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_NONE, type VirtioNetHdr } from "../../wire/virtioNetHdr.js";
import type { Arriving } from "./groArrival.js";
import type { World } from "./World.js";

/** Writes them all; what became of each, or the errno of its write. */
export function writeBatch(world: World, napi: Napi, frames: readonly Arriving[], asFragments: boolean): string[] {
  const file = new TapFile({ mem: world.mem, sk: world.sender }, napi);
  return asFragments ? writeAsFragments(world, file, frames) : writeAndPoll(world, file, frames);
}

function writeAndPoll(world: World, file: TapFile, frames: readonly Arriving[]): string[] {
  const errors = frames.map((frame) => tunNapiGetUser(world.kernel, file, vnetHdrOf(frame), frame.bytes));
  const verdicts: string[] = [];
  while (file.queue.length > 0) verdicts.push(...tunNapiPoll(world.kernel, file));
  let polled = 0;
  return errors.map((err) => (err === 0 ? (verdicts[polled++] ?? "").toLowerCase() : errnoName(err)));
}

function writeAsFragments(world: World, file: TapFile, frames: readonly Arriving[]): string[] {
  return frames.map((frame) => {
    const err = tunNapiFragsGetUser(world.kernel, file, vnetHdrOf(frame), segmentsOf(frame));
    return err === 0 ? "taken" : errnoName(err);
  });
}

/** The linear part, then each fragment, as the io vectors of one write. */
function segmentsOf({ bytes, linear, frags }: Arriving): Uint8Array[] {
  let at = linear;
  const rest = frags.map((length) => bytes.subarray(at, (at += length)));
  return [bytes.subarray(0, linear), ...rest];
}

function vnetHdrOf({ ipSummed, csumStart, csumOffset, bytes }: Arriving): VirtioNetHdr {
  const needsCsum = ipSummed === CHECKSUM_PARTIAL;
  return {
    flags: needsCsum ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
    gsoType: VIRTIO_NET_HDR_GSO_NONE,
    hdrLen: needsCsum ? Math.min(bytes.length, csumStart + csumOffset + 2) : 0,
    gsoSize: 0,
    csumStart: needsCsum ? csumStart : 0,
    csumOffset: needsCsum ? csumOffset : 0,
  };
}
