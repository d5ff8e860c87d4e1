import { equalBytes } from "../../bytes/diff.js";
import { hex } from "../../bytes/hexdump.js";
import type { HolderRun, Run } from "../../recipe/Run.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { reachesWire } from "../exits.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { isTranslated } from "../operations.js";
import { parsedLayers } from "../parsedFrame.js";

/**
 * A middlebox sees one header and rewrites that; whatever is cut from the packet later belongs to the same flow. Of lists
 * that were made with members unlike their head, ipv4-rest-unchanged and ipv6-rest-unchanged tell.
 */
export const editsReachEveryFrame = law({
  name: "edits-reach-every-frame",
  law: "Every frame of a translated packet has the addresses with the ports of its first header.",
  standsFor: ["I14", "SEG-16", "SEG-17"],
  check(run) {
    const findings = new Findings();
    // A checksum that is completed in the middle of a header changes that.
    if (run.recipe.packet.checksumStart !== 0) return findings.verdict();
    for (const holder of run.holders) {
      const { entered } = holder;
      if (entered === undefined || !reachesWire(holder) || !isTranslated(run, holder.index)) continue;
      const template = entered.bytes ?? entered.linear;
      for (const [frame, { bytes }] of holder.frames.entries()) {
        if (bytes !== undefined) compare(run, holder, template, bytes, frame, findings);
      }
    }
    return findings.verdict();
  },
});

/** Layers are counted from the inside: the exit may have put one more around them. */
function compare(
  run: Run,
  holder: HolderRun,
  template: Uint8Array,
  bytes: Uint8Array,
  frame: number,
  findings: Findings,
): void {
  const [due, found] = [parsedLayers(template), parsedLayers(bytes)];
  if (due.length === 0 || found.length < due.length || found.some(({ fragment }) => fragment !== undefined)) return;
  findings.applies();
  for (const [i, expected] of due.entries()) {
    const received = found[found.length - due.length + i];
    const part = received && differentPart(template, expected, bytes, received);
    if (received === undefined || part === undefined) continue;
    findings.broken({
      place: `${part} of ${frame === 0 ? "the first" : "a later"} frame (${gsoKind(run, holder.index)})`,
      expected: flowOf(template, expected),
      received: flowOf(bytes, received),
      at: { holder: holder.index, frame, layer: i },
    });
  }
}

function differentPart(a: Uint8Array, x: FrameLayer, b: Uint8Array, y: FrameLayer): string | undefined {
  if (x.version !== y.version) return "family";
  if (x.version === 0) return undefined;
  if (!equalBytes(addresses(a, x), addresses(b, y))) return "addresses";
  // A fragment announces its transport in another way, and has none of it if it is a later one.
  const [due, found] = [ports(a, x), ports(b, y)];
  return found.length > 0 && !equalBytes(due, found) ? "ports" : undefined;
}

const addresses = (bytes: Uint8Array, { saddrOffset, daddrOffset, addrLen }: FrameLayer): Uint8Array =>
  bytes.subarray(saddrOffset, daddrOffset + addrLen);

const ports = (bytes: Uint8Array, { l4Offset, udp, tcp, sctp }: FrameLayer): Uint8Array =>
  udp || tcp || sctp ? bytes.subarray(l4Offset, l4Offset + 4) : bytes.subarray(l4Offset, l4Offset);

const flowOf = (bytes: Uint8Array, layer: FrameLayer): string =>
  `${hex(addresses(bytes, layer), 32)} ${hex(ports(bytes, layer))}`;
