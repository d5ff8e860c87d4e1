import type { Run } from "../../recipe/Run.js";
import { TCPHDR_ACK } from "../../wire/tcp.js";
import { Findings, law } from "../law.js";
import { type Batch, batchOf } from "./batch.js";
import { aloneBecause, apartBecause, outOfStepBecause } from "./mergeable.js";

/** Fewer than one poll takes, and than one packet may hold. */
const MOST_FRAMES = 60;
const LEGACY_LIMIT = 65_536;

/**
 * Missing an aggregation costs speed and breaks nothing else, so nobody notices. The flow here is as plain as can be: one
 * flow without a tunnel, tag, option, or flag, with identifications that count, all frames as long as the first but the
 * last.
 */
export const plainFlowMerged = law({
  name: "plain-flow-merged",
  law: "Frames of one flow that nothing sets apart become one packet where the device is to merge them.",
  standsFor: ["GRO-10", "I13"],
  check(run) {
    const findings = new Findings();
    const batch = batchOf(run);
    if (batch === undefined || !isAsked(run) || !isPlain(batch)) return findings.verdict();
    findings.applies();
    const { delivered, frames } = batch;
    const [only] = delivered;
    if (delivered.length === 1 && only?.made.length === frames.length) return findings.verdict();
    const transport = frames[0]?.layers[0]?.tcp === undefined ? "udp" : "tcp";
    findings.broken({
      place: `${run.recipe.packet.gro.fraglist ? "chained" : "merged"} ${transport}`,
      expected: `one packet of ${frames.length} frames`,
      received: `${delivered.length} packets of ${delivered.map(({ made }) => made.length).join(", ")}`,
      at: {},
    });
    return findings.verdict();
  },
});

/** With a socket that did not ask it depends on what other sockets of the host did. */
function isAsked({ recipe }: Run): boolean {
  const { packet } = recipe;
  if (packet.arrival !== "gro" && packet.arrival !== "tap-napi") return false;
  if (packet.vlan.length > 0 || packet.acceleratedVlan || packet.extensions.length > 0) return false;
  const { fraglist, udpForwarding, listener } = packet.gro;
  if (packet.gso === "tcp" || packet.gso === "tcp-fraglist") return true;
  return listener === "gro" || fraglist || (udpForwarding && listener === "none");
}

function isPlain({ frames }: Batch): boolean {
  const [first] = frames;
  const layer = first?.layers[0];
  if (first === undefined || layer === undefined || frames.length < 2 || frames.length > MOST_FRAMES) return false;
  const size = first.bytes.length - layer.payloadOffset;
  const total = frames.reduce((sum, { bytes }) => sum + bytes.length - layer.payloadOffset, layer.payloadOffset);
  if (total >= LEGACY_LIMIT || (layer.tcp !== undefined && layer.tcp.flags !== TCPHDR_ACK)) return false;
  const isEven = frames.every(({ bytes }, i) => {
    const length = bytes.length - layer.payloadOffset;
    return length > 0 && (i === frames.length - 1 ? length <= size : length === size);
  });
  return (
    isEven &&
    frames.every(
      (frame) =>
        frame.taken &&
        frame.layers.length === 1 &&
        frame.frame.ipSummed === first.frame.ipSummed &&
        frame.layers[0]?.tcp?.flags === layer.tcp?.flags &&
        aloneBecause(frame, 1) === undefined &&
        apartBecause(first, frame, 1) === undefined,
    ) &&
    outOfStepBecause(frames, 1, true) === undefined &&
    (layer.version === 6 || frames[1]?.layers[0]?.ipId !== layer.ipId)
  );
}
