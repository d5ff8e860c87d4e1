/** Holders that forward their packet as a router does, for the laws about that. */
import type { FrameOut, HolderRun, Run } from "../../recipe/Run.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { IPV4_TTL } from "../../wire/ipv4.js";
import { IPV6_HOP_LIMIT } from "../../wire/ipv6.js";
import { Findings, type Verdict } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";

export interface RoutedPacket {
  readonly holder: HolderRun;
  /** The headers of the packet as the router got it: the outermost layer, which is what a router looks at. */
  readonly headers: FrameLayer;
  readonly hopLimit: number;
  readonly frames: readonly (FrameOut & { readonly bytes: Uint8Array })[];
  readonly findings: Findings;
}

/** Judges every packet that came to a router with an IP header. */
export function checkRouted(run: Run, check: (packet: RoutedPacket) => void): Verdict {
  const findings = new Findings();
  for (const holder of run.holders) {
    if (holder.exit !== "route" || holder.entered === undefined || holder.outcome === "faulted") continue;
    const bytes = holder.entered.bytes ?? holder.entered.linear;
    const [headers] = parsedLayers(bytes);
    if (headers === undefined || headers.version === 0) continue;
    const frames = holder.frames.filter((frame): frame is RoutedPacket["frames"][number] => frame.bytes !== undefined);
    check({ holder, headers, hopLimit: hopLimitIn(bytes, headers) ?? 0, frames, findings });
  }
  return findings.verdict();
}

/** The hop limit of a layer, or TTL; undefined where there is no IP header. */
export function hopLimitIn(bytes: Uint8Array, { version, l3Offset }: FrameLayer): number | undefined {
  return version === 0 ? undefined : bytes[l3Offset + (version === 4 ? IPV4_TTL : IPV6_HOP_LIMIT)];
}
