/** The headers of a frame, worked out once for all laws that look at it. The bytes of a run never change. */
import type { ParsedFrame } from "../wire/frame.js";
import { type FrameLayer, parseLayers } from "../wire/frameLayers.js";

const known = new WeakMap<Uint8Array, readonly FrameLayer[]>();

/** The layers of an encapsulated frame from the outermost in. None when the frame is cut short inside the first. */
export function parsedLayers(bytes: Uint8Array): readonly FrameLayer[] {
  let layers = known.get(bytes);
  if (layers === undefined) {
    layers = parseLayers(bytes);
    known.set(bytes, layers);
  }
  return layers;
}

/** As parseFrame: undefined when the frame is cut short inside its outermost headers or they contradict themselves. */
export const parsedFrame = (bytes: Uint8Array): ParsedFrame | undefined => parsedLayers(bytes)[0];

/** The innermost layer; undefined when the frame is cut short before that. */
export function innermostLayer(bytes: Uint8Array): FrameLayer | undefined {
  const last = parsedLayers(bytes).at(-1);
  return last?.carries === undefined ? last : undefined;
}
