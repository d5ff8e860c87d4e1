/** Each layer of an encapsulated frame is checked by a receiver of its own, and the outer sums count the inner ones. */
import { csumFold, csumPartial } from "../../bytes/checksum.js";
import type { FrameOut, HolderRun, Run } from "../../recipe/Run.js";
import { tcpChecksumState, udpChecksumState } from "../../wire/frame.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { completedFrame } from "../completedFrame.js";
import { chainedAgain, reachesWire } from "../exits.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { isTranslated, stepsBefore } from "../operations.js";
import { parsedLayers } from "../parsedFrame.js";
import { beganRight, spoilsChecksum } from "./checksumRightOnTheWire.js";
import { LONGEST_FRAME } from "./groShape.js";

/**
 * Applies as checksum-right-on-the-wire does. A UDP tunnel may do without a sum, remote checksum offload leaves the inner
 * one to the far end, and the headers of a frame that the device will cut further are templates.
 */
export const tunnelChecksumsRightOnTheWire = law({
  name: "tunnel-checksums-right-on-the-wire",
  law: "Every checksum of an encapsulated frame that leaves a port is right once the device has done what it declared.",
  standsFor: ["SEG-23", "I4"],
  check(run) {
    const findings = new Findings();
    if (run.recipe.packet.tunnels.some(({ remcsum }) => remcsum) || !beganRight(run)) return findings.verdict();
    for (const holder of run.holders) {
      if (!reachesWire(holder) || spoilsChecksum(run, holder)) continue;
      for (const [index, frame] of holder.frames.entries()) {
        if (isJudged(frame)) checkFrame(run, holder, frame.bytes, frame, index, findings);
      }
    }
    return findings.verdict();
  },
});

const isJudged = (frame: FrameOut): frame is FrameOut & { readonly bytes: Uint8Array } =>
  frame.bytes !== undefined &&
  frame.view.shinfo.gsoSize === 0 &&
  frame.bytes.length <= LONGEST_FRAME &&
  parsedLayers(frame.bytes).length > 1;

function checkFrame(
  run: Run,
  holder: HolderRun,
  bytes: Uint8Array,
  { view }: FrameOut,
  index: number,
  findings: Findings,
): void {
  const layers = parsedLayers(bytes);
  const start = view.csumStart - view.macHeader;
  const isUdp = layers.some((layer) => layer.udp !== undefined && layer.l4Offset === start);
  const whole = completedFrame(bytes, view, isUdp);
  const mayBeZero = run.recipe.packet.zeroChecksum || hidesTunnel(run, holder);
  const translated = isTranslated(run, holder.index) ? layers[holder.exit === "vxlan" ? 1 : 0] : undefined;
  findings.applies();
  for (const layer of layers) {
    if (layer.fragment !== undefined) return;
    const fault = faultOf(whole, layer, layer === layers.at(-1) && mayBeZero);
    if (fault === undefined) continue;
    const where = layer === layers.at(-1) ? "inner" : "outer";
    const how = layer === translated && layer.udp !== undefined ? ", translated" : "";
    findings.broken({
      place: `${where} ${fault}${how}${chainedAgain(run, holder)} (${gsoKind(run, holder.index)})`,
      expected: "a sum that verifies",
      received: "a wrong one",
      at: { holder: holder.index, frame: index },
    });
  }
}

/** Whether the innermost UDP header may be a tunnel's without a sum, which nobody recognises by its translated port. */
const hidesTunnel = (run: Run, { index }: HolderRun): boolean =>
  run.recipe.packet.tunnels.some(({ kind, checksum }) => kind === "vxlan" && !checksum) &&
  stepsBefore(run, index).includes("nat-destination");

function faultOf(bytes: Uint8Array, layer: FrameLayer, mayBeZero: boolean): string | undefined {
  const { udp, tcp, carries } = layer;
  if (udp !== undefined) {
    const state = udpChecksumState(bytes, parsedAgain(bytes, layer));
    const isNone = state === "zero" && (mayBeZero || carries !== undefined);
    return state === "ok" || isNone ? undefined : "UDP";
  }
  if (tcp !== undefined) return tcpChecksumState(bytes, parsedAgain(bytes, layer)) === "ok" ? undefined : "TCP";
  if (carries?.checksumOffset === undefined) return undefined;
  return csumFold(csumPartial(bytes, carries.offset, bytes.length - carries.offset, 0)) === 0 ? undefined : "GRE";
}

/** The layer with the checksum field as the device left it. A device that wrote elsewhere may have made it unreadable. */
const parsedAgain = (bytes: Uint8Array, layer: FrameLayer): FrameLayer =>
  parsedLayers(bytes).find(({ start }) => start === layer.start) ?? layer;
