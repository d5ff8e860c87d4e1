/** What the packet of a run was made of: datagrams, with the frames in which they arrived. */
import type { Run } from "../recipe/Run.js";
import { transportLength } from "../wire/frame.js";
import type { FrameLayer } from "../wire/frameLayers.js";
import { GSO_TUNNELS, gsoLayerIndex } from "./gsoLayer.js";
import { parsedLayers } from "./parsedFrame.js";

export interface History {
  /** The payload of every datagram, in order. */
  readonly datagrams: readonly Uint8Array[];
  /** The frame of every datagram from its MAC header on; none where the packet was made otherwise. */
  readonly originals: readonly Uint8Array[];
}

const known = new WeakMap<Run, History>();

/**
 * Of frames that arrived one by one those count that the packet was made of. Otherwise the engine says what it made the
 * packet of.
 */
export function historyOf(run: Run): History {
  const { gro } = run.packet;
  if (gro === undefined) return run.packet;
  let history = known.get(run);
  if (history === undefined) {
    const originals = (gro.delivered[gro.followed]?.made ?? []).flatMap((i) => gro.frames[i]?.bytes ?? []);
    const datagrams = originals.map((frame) => {
      const layer = originalLayer(run, frame);
      return layer === undefined ? frame.subarray(frame.length) : payloadIn(frame, layer);
    });
    history = { originals, datagrams };
    known.set(run, history);
  }
  return history;
}

/**
 * The layer of a frame that the packet of the run was made of, whatever was put around it since. It is told from the
 * inside: an outer header more or less changes nothing.
 */
export function packetLayer({ packet }: Run, frame: Uint8Array): FrameLayer | undefined {
  const own = parsedLayers(packet.frame);
  const index = gsoLayerIndex(own, packet.view?.shinfo.gsoType ?? 0);
  const layers = parsedLayers(frame);
  return index === -1 ? undefined : layers[layers.length - own.length + index];
}

/**
 * The layer of an original frame that the packet was cut at, or would have been. What was put around the packet since has
 * added its bits to the type, and no headers to these frames.
 */
export function originalLayer({ packet }: Run, frame: Uint8Array): FrameLayer | undefined {
  const { gro, view } = packet;
  const gsoType = (gro === undefined ? view : gro.delivered[gro.followed]?.view)?.shinfo.gsoType ?? 0;
  const layers = parsedLayers(frame);
  return layers[gsoLayerIndex(layers, layers.length === 1 ? gsoType & ~GSO_TUNNELS : gsoType)];
}

/** Whether the packet is one for UDP sockets, without a tunnel around it. */
export function isPlainUdp({ packet, recipe }: Run): boolean {
  const [layer, inner] = parsedLayers(packet.frame);
  // Behind a port that was translated a tunnel is not seen in the frame.
  return layer?.udp !== undefined && inner === undefined && recipe.packet.tunnels.length === 0;
}

/** What a frame carries behind the transport header that a packet of this type is cut at. Padding is no payload. */
export function transportPayload(frame: Uint8Array, gsoType: number): Uint8Array {
  const layer = transportLayer(frame, gsoType);
  return layer === undefined ? frame.subarray(frame.length) : payloadIn(frame, layer);
}

export const payloadIn = (frame: Uint8Array, layer: FrameLayer): Uint8Array =>
  frame.subarray(layer.payloadOffset, Math.max(layer.payloadOffset, layer.l4Offset + transportLength(frame, layer)));

/** The layer of a frame that a packet of this type is cut at. */
export function transportLayer(frame: Uint8Array, gsoType: number): FrameLayer | undefined {
  const layers = parsedLayers(frame);
  return layers[gsoLayerIndex(layers, gsoType)];
}
