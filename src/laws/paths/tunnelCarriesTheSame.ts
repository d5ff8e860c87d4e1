import { equalBytes } from "../../bytes/diff.js";
import { describeDifference } from "../../bytes/hexdump.js";
import type { Recipe } from "../../recipe/Recipe.js";
import type { FrameOut, HolderRun, Run } from "../../recipe/Run.js";
import { completedFrame } from "../completedFrame.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { NO_SEGMENTATION } from "../segments/deviceEquivalent.js";
import { aloneWith } from "../segments/soleHolder.js";
import { beganRight } from "../wire/checksumRightOnTheWire.js";

/** What VXLAN puts in front of a frame, with the longer of the two IP headers. */
const VXLAN_OVERHEAD = 70;

/**
 * The companion is the same holder alone with a port that cuts everything, instead of the VXLAN device. Left out: frames
 * that are too long for the way to the far end, tags that are no part of the frame yet.
 */
export const tunnelCarriesTheSame = law({
  name: "tunnel-carries-the-same",
  law: "The frames inside a VXLAN tunnel are those that a port would have sent.",
  standsFor: ["SEG-23", "I14"],
  companions: (recipe) => {
    const holder = recipe.holders[indexOf(recipe)];
    const { acceleratedVlan, checksumStart, vlan, tunnels } = recipe.packet;
    if (holder === undefined || acceleratedVlan || vlan.length > 0 || tunnels.length > 0 || checksumStart !== 0)
      return undefined;
    if (recipe.failures.length > 0 || recipe.switches.length > 0) return undefined;
    const device = { ...holder.device, ...NO_SEGMENTATION, checksum: "none" } as const;
    return { bare: aloneWith(recipe, { ...holder, exit: "port", device }) };
  },
  check: (run, { bare }) => {
    const findings = new Findings();
    const index = indexOf(run.recipe);
    const [one, other] = [run.holders[index], bare?.holders[0]];
    if (one === undefined || other === undefined || !areComparable(run, one, other)) return findings.verdict();
    const [received, expected] = [one.frames.map(insideOf), other.frames.map(wholeOf)];
    if (received.some((frame) => frame === undefined) || expected.some((frame) => frame === undefined))
      return findings.verdict();
    findings.applies();
    compare(expected as Uint8Array[], received as Uint8Array[], index, gsoKind(run, index), findings);
    return findings.verdict();
  },
});

const indexOf = ({ holders }: Recipe): number => holders.findIndex(({ exit }) => exit === "vxlan");

function areComparable(run: Run, one: HolderRun, other: HolderRun): boolean {
  if (one.outcome !== "sent" || other.outcome !== "sent" || !beganRight(run)) return false;
  const mtu = run.recipe.holders[one.index]?.device.mtu ?? 0;
  if (other.frames.some(({ view }) => view.len + VXLAN_OVERHEAD > mtu)) return false;
  const [was, is] = [other.entered?.bytes, one.entered?.bytes];
  return was !== undefined && is !== undefined && equalBytes(was, is);
}

/** The frame inside the outermost tunnel, its checksum finished; undefined for one that the device will cut. */
function insideOf(frame: FrameOut): Uint8Array | undefined {
  const whole = wholeOf(frame);
  const start = whole && parsedLayers(whole)[1]?.start;
  return start === undefined ? undefined : whole?.subarray(start);
}

function wholeOf({ bytes, view }: FrameOut): Uint8Array | undefined {
  if (bytes === undefined || view.shinfo.gsoSize !== 0) return undefined;
  const start = view.csumStart - view.macHeader;
  const isUdp = parsedLayers(bytes).some((layer) => layer.udp !== undefined && layer.l4Offset === start);
  return completedFrame(bytes, view, isUdp);
}

function compare(
  expected: readonly Uint8Array[],
  received: readonly Uint8Array[],
  holder: number,
  kind: string,
  findings: Findings,
): void {
  if (expected.length !== received.length) {
    const [due, found] = [expected, received].map(({ length }) => `${length} frames`);
    findings.broken({ place: `count (${kind})`, expected: due ?? "", received: found ?? "", at: { holder } });
    return;
  }
  for (const [frame, due] of expected.entries()) {
    const found = received[frame] ?? new Uint8Array();
    if (equalBytes(due, found)) continue;
    findings.broken({
      place: `${due.length === found.length ? "bytes" : "length"} (${kind})`,
      expected: `${due.length} bytes as from a port`,
      received: describeDifference(due, found),
      at: { holder, frame },
    });
  }
}
