/** The headers of a frame, worked out once for all laws that look at it. The bytes of a run never change. */
import { type ParsedFrame, parseFrame } from "../wire/frame.js";

const known = new WeakMap<Uint8Array, ParsedFrame | "not a frame">();

/** As parseFrame: undefined when the frame is cut short inside its headers or they contradict themselves. */
export function parsedFrame(bytes: Uint8Array): ParsedFrame | undefined {
  let parsed = known.get(bytes);
  if (parsed === undefined) {
    parsed = parseFrame(bytes) ?? "not a frame";
    known.set(bytes, parsed);
  }
  return parsed === "not a frame" ? undefined : parsed;
}
