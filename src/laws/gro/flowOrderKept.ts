import { equalBytes } from "../../bytes/diff.js";
import { hex } from "../../bytes/hexdump.js";
import { Findings, law } from "../law.js";
import { type ArrivedFrame, type Batch, batchOf, isPartial } from "./batch.js";
import { aloneBecause, transportState } from "./mergeable.js";

/**
 * A frame that cannot be merged with any may overtake a packet that is still held, as may one of another checksum state:
 * the kernel passes both on at once. Everything else of a flow stays in order.
 */
export const flowOrderKept = law({
  name: "flow-order-kept",
  law: "Frames of one flow are delivered in the order in which they arrived.",
  standsFor: ["GRO-8", "I13"],
  check(run) {
    const findings = new Findings();
    const batch = batchOf(run);
    if (batch === undefined) return findings.verdict();
    for (const flow of flowsOf(batch)) checkFlow(batch, flow, findings);
    return findings.verdict();
  },
});

/** Frames that receive offload compares with each other at all, in order of arrival. */
function flowsOf({ frames }: Batch): ArrivedFrame[][] {
  const flows = new Map<string, ArrivedFrame[]>();
  for (const frame of frames) {
    const key = keyOf(frame);
    if (!frame.taken || key === undefined) continue;
    const flow = flows.get(key);
    if (flow === undefined) flows.set(key, [frame]);
    else flow.push(frame);
  }
  return [...flows.values()];
}

/** The link header, then addresses with ports of every layer. */
function keyOf({ bytes, layers }: ArrivedFrame): string | undefined {
  const [outermost] = layers;
  if (outermost === undefined) return undefined;
  const parts = [bytes.subarray(0, outermost.macLen)];
  for (const { version, saddrOffset, daddrOffset, addrLen, l4Offset } of layers) {
    if (version !== 0) parts.push(bytes.subarray(saddrOffset, daddrOffset + addrLen));
    parts.push(bytes.subarray(l4Offset, l4Offset + 4));
  }
  return parts.map((part) => hex(part, part.length)).join("|");
}

function checkFlow({ delivered }: Batch, flow: readonly ArrivedFrame[], findings: Findings): void {
  if (flow.length < 2) return;
  const position = new Map<number, number>();
  let count = 0;
  for (const { made } of delivered) for (const i of made) position.set(i, count++);
  const loners = new Set(delivered.flatMap(({ made }) => (made.length === 1 ? made : [])));
  findings.applies();
  let latest: ArrivedFrame | undefined;
  for (const frame of flow) {
    const at = position.get(frame.index);
    if (at === undefined || mayOvertake(frame, flow, loners)) continue;
    const before = latest === undefined ? -1 : (position.get(latest.index) ?? -1);
    if (latest === undefined || at > before) latest = frame;
    else if (!equalBytes(latest.bytes, frame.bytes)) {
      findings.broken({
        place: loners.has(frame.index) ? "a packet of one frame" : "a merged packet",
        expected: `frame ${latest.index} before frame ${frame.index}`,
        received: "the other way round",
        at: { first: latest.index, second: frame.index },
      });
    }
  }
}

function mayOvertake(frame: ArrivedFrame, flow: readonly ArrivedFrame[], loners: ReadonlySet<number>): boolean {
  if (!loners.has(frame.index)) return false;
  const innermost = frame.layers.at(-1);
  const isOdd = flow.some((other) => other.frame.ipSummed !== frame.frame.ipSummed);
  if (isOdd || innermost === undefined || aloneBecause(frame, frame.layers.length) !== undefined) return true;
  // What a driver vouches for, and how deep, is not asked here.
  return transportState(frame.bytes, innermost) !== (isPartial(frame) ? "partial" : "ok");
}
