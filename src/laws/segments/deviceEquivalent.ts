import { equalBytes } from "../../bytes/diff.js";
import { describeDifference } from "../../bytes/hexdump.js";
import type { HolderRecipe, Recipe } from "../../recipe/Recipe.js";
import type { HolderRun, Run } from "../../recipe/Run.js";
import { completedFrame } from "../completedFrame.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { beganRight } from "../wire/checksumRightOnTheWire.js";
import { obviousCut } from "./obviousCut.js";
import { aloneWith } from "./soleHolder.js";

/** What a device of today does not declare. */
export const NO_SEGMENTATION = {
  udpL4: false,
  tso: false,
  tsoEcn: false,
  tsoMangleId: false,
  sctp: false,
  encapsulation: false,
  ufo: false,
  gsoFraglist: false,
  gsoPartial: false,
  fraglist: false,
} as const;

/**
 * A device is handed packets whole, or in pieces that it can cut further; what it makes of them is worked out here.
 *
 * The companion is the same holder alone with a device that segments nothing. Left out: tunnels, packets that take a
 * header away on the way (BIG TCP), checksums that were wrong from the start.
 */
export const deviceEquivalent = law({
  name: "device-equivalent",
  law: "A device that segments puts the same packets on the wire as one that does not.",
  standsFor: ["SEG-27", "I14"],
  companions: (recipe) => {
    const holder = recipe.holders[indexOf(recipe)];
    const { tunnels, checksumStart, zeroChecksum } = recipe.packet;
    if (holder === undefined || tunnels.length > 0 || checksumStart !== 0 || zeroChecksum) return undefined;
    if (recipe.failures.length > 0 || recipe.switches.length > 0) return undefined;
    const device = { ...holder.device, ...NO_SEGMENTATION };
    return { software: aloneWith(recipe, { ...holder, device }) };
  },
  check: (run, { software }) => {
    const findings = new Findings();
    const index = indexOf(run.recipe);
    const [one, other] = [run.holders[index], software?.holders[0]];
    if (one === undefined || other === undefined || !areComparable(run, one, other)) return findings.verdict();
    const [received, expected] = [packetsOf(one), packetsOf(other)];
    if (received === undefined || expected === undefined) return findings.verdict();
    findings.applies();
    compare(expected, received, { holder: index, kind: gsoKind(run, index) }, findings);
    return findings.verdict();
  },
});

/** The first port whose device may get a packet that it has to cut. */
const indexOf = ({ holders, packet }: Recipe): number =>
  packet.gso === "tcp" || packet.gso === "udp-l4" ? holders.findIndex(mayCut) : -1;

const mayCut = ({ exit, device, before }: HolderRecipe): boolean =>
  exit === "port" && before.length === 0 && (device.udpL4 || device.tso || device.gsoPartial);

function areComparable(run: Run, one: HolderRun, other: HolderRun): boolean {
  if (one.outcome !== "sent" || other.outcome !== "sent" || !one.frames.some(({ view }) => view.shinfo.gsoSize !== 0))
    return false;
  const [was, is] = [other.entered?.bytes, one.entered?.bytes];
  return beganRight(run) && was !== undefined && is !== undefined && equalBytes(was, is);
}

/** What leaves the hardware; undefined where that cannot be said. */
function packetsOf({ frames }: HolderRun): Uint8Array[] | undefined {
  const packets: Uint8Array[] = [];
  for (const { bytes, view } of frames) {
    const [parsed, inner] = bytes === undefined ? [] : parsedLayers(bytes);
    if (bytes === undefined || parsed === undefined || inner !== undefined) return undefined;
    if (parsed.version === 0 || (parsed.udp === undefined && parsed.tcp === undefined)) return undefined;
    const { gsoSize, gsoType } = view.shinfo;
    if (gsoSize > 0) packets.push(...obviousCut(bytes, parsed, gsoSize, gsoType));
    else packets.push(completedFrame(bytes, view, parsed.udp !== undefined));
  }
  return packets;
}

function compare(
  expected: readonly Uint8Array[],
  received: readonly Uint8Array[],
  at: { readonly holder: number; readonly kind: string },
  findings: Findings,
): void {
  if (expected.length !== received.length) {
    findings.broken({
      place: `count (${at.kind})`,
      expected: `${expected.length} packets`,
      received: `${received.length} packets`,
      at,
    });
    return;
  }
  for (const [packet, due] of expected.entries()) {
    const found = received[packet] ?? new Uint8Array();
    if (equalBytes(due, found)) continue;
    findings.broken({
      place: `${due.length === found.length ? "bytes" : "length"} (${at.kind})`,
      expected: `${due.length} bytes as cut in software`,
      received: describeDifference(due, found),
      at: { ...at, packet },
    });
  }
}
