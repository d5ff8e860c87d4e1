/** Whoever receives the frame checks the sum; whoever sends it without one must be able to rely on the device. */

import {
  CHECKSUM_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  NETIF_F_SCTP_CRC,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import type { FrameOut, HolderRun, Run } from "../../recipe/Run.js";
import {
  foldedPseudoSum,
  type ParsedFrame,
  sctpChecksumState,
  tcpChecksumState,
  udpChecksumState,
} from "../../wire/frame.js";
import { SCTP_CHECKSUM } from "../../wire/sctp.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK } from "../../wire/udp.js";
import { chainedAgain, reachesWire } from "../exits.js";
import { gsoKind } from "../gsoKind.js";
import { GSO_TCP } from "../gsoLayer.js";
import { historyOf, originalLayer, transportLayer } from "../history.js";
import { Findings, law } from "../law.js";
import { isRewritten, stepsBefore } from "../operations.js";
import { parsedLayers } from "../parsedFrame.js";
import { LONGEST_FRAME } from "./groShape.js";

/**
 * Applies where the packet's checksum was right to begin with: the kernel goes on from what stands in the field, so that
 * nothing can be said of a packet with a sum of no kind. A list may carry datagrams without a checksum. Of frames in
 * tunnels tunnel-checksums-right-on-the-wire tells.
 */
export const checksumRightOnTheWire = law({
  name: "checksum-right-on-the-wire",
  law: "Every frame that leaves a port has a right transport checksum once the device has done what it declared.",
  standsFor: ["I4", "SEG-16", "SEG-17"],
  check(run) {
    const findings = new Findings();
    if (!beganRight(run)) return findings.verdict();
    for (const holder of run.holders) {
      if (!reachesWire(holder) || spoilsChecksum(run, holder)) continue;
      for (const [index, frame] of holder.frames.entries()) {
        const [parsed, inner] = frame.bytes === undefined ? [] : parsedLayers(frame.bytes);
        if (frame.bytes === undefined || parsed === undefined || inner !== undefined) continue;
        if (!hasTransport(parsed) || parsed.fragment !== undefined || losesTunnel(run, holder)) continue;
        if (frame.bytes.length - parsed.l3Offset > LONGEST_FRAME) continue;
        findings.applies();
        const fault = faultOf(run, holder, frame, frame.bytes, parsed);
        if (fault === undefined) continue;
        const [what, expected, received] = fault;
        const place = `${what}${chainedAgain(run, holder)} (${gsoKind(run, holder.index)})`;
        findings.broken({ place, expected, received, at: { holder: holder.index, frame: index } });
      }
    }
    return findings.verdict();
  },
});

/**
 * Whether what was done to the packet makes a sum that nobody can go on from. A packet to be cut that is not PARTIAL has
 * the sum of its pseudo-header all the same, and a translator takes that for a complete one.
 */
export function spoilsChecksum(run: Run, { index }: HolderRun): boolean {
  const steps = stepsBefore(run, index);
  const { view } = run.packet;
  const isLeft = view?.ipSummed === CHECKSUM_PARTIAL || ((view?.shinfo.gsoType ?? 0) & SKB_GSO_UDP_L4) === 0;
  const isList = ((view?.shinfo.gsoType ?? 0) & SKB_GSO_FRAGLIST) !== 0;
  // The help is for sums: of a CRC it makes nonsense.
  if (steps.includes("checksum-help") && run.recipe.packet.gso === "sctp") return true;
  return steps.includes("trim") || (!isLeft && !isList && isRewritten(run, index));
}

/** Behind a port that was translated nobody recognises a tunnel, and what the device completes lies inside. */
const losesTunnel = ({ recipe }: Run, { exit }: HolderRun): boolean =>
  exit === "vxlan" || recipe.packet.tunnels.some(({ kind }) => kind === "vxlan");

const hasTransport = ({ udp, tcp, sctp }: ParsedFrame): boolean =>
  udp !== undefined || tcp !== undefined || sctp !== undefined;

/** Whether the fields were, before anybody had the packet, what its ip_summed says. A tap may have made it anything. */
export function beganRight(run: Run): boolean {
  const { recipe, packet } = run;
  const { frame, view } = packet;
  if (view === undefined || recipe.packet.checksumStart !== 0 || frame.length > LONGEST_FRAME) return false;
  const { zeroChecksum } = recipe.packet;
  const { gsoType } = view.shinfo;
  if ((gsoType & SKB_GSO_FRAGLIST) !== 0) {
    const right = view.ipSummed === CHECKSUM_PARTIAL ? ["partial"] : zeroChecksum ? ["zero", "ok"] : ["ok"];
    const { originals } = historyOf(run);
    return originals.length > 0 && originals.every((original) => right.includes(stateOf(run, original)));
  }
  const layer = transportLayer(frame, gsoType);
  // Only a local sender knows how to ask for a CRC.
  if (layer?.sctp !== undefined) return view.ipSummed === CHECKSUM_PARTIAL && recipe.packet.arrival === "stack";
  // TCP makes itself a sum when the packet has none.
  if (view.ipSummed !== CHECKSUM_PARTIAL && (gsoType & (SKB_GSO_UDP_L4 | GSO_TCP)) === 0) return false;
  if (layer?.tcp !== undefined) {
    if (view.ipSummed !== CHECKSUM_PARTIAL) return true;
    return sameSum(layer.tcp.check, foldedPseudoSum(frame, layer, frame.length - layer.l4Offset));
  }
  if (layer?.udp === undefined || zeroChecksum) return false;
  return sameSum(layer.udp.check, foldedPseudoSum(frame, layer, layer.udp.length));
}

function stateOf(run: Run, frame: Uint8Array): string {
  const layer = originalLayer(run, frame);
  if (layer === undefined) return "bad";
  return layer.tcp === undefined ? udpChecksumState(frame, layer) : tcpChecksumState(frame, layer);
}

type Fault = readonly [what: string, expected: string, received: string];

function faultOf(
  run: Run,
  holder: HolderRun,
  { view }: FrameOut,
  bytes: Uint8Array,
  parsed: ParsedFrame,
): Fault | undefined {
  const isGso = view.shinfo.gsoSize !== 0;
  if (view.ipSummed === CHECKSUM_PARTIAL) {
    if (!canSum(holder.features, parsed))
      return ["ip_summed", "a computed checksum", "PARTIAL, which the device cannot"];
    return isGso ? undefined : partialFault(view, bytes, parsed);
  }
  // The header of a packet that the device will cut further is a template.
  if (isGso) return undefined;
  const [state, name, check] = completeState(bytes, parsed);
  if (state === "ok") return undefined;
  if (state === "zero" && run.recipe.packet.zeroChecksum && gsoKind(run) === "fraglist") return undefined;
  return [`${name}.check`, "the checksum of the datagram", `${state}: 0x${check.toString(16)}`];
}

function completeState(bytes: Uint8Array, parsed: ParsedFrame): readonly [state: string, name: string, check: number] {
  if (parsed.tcp !== undefined) return [tcpChecksumState(bytes, parsed), "tcphdr", parsed.tcp.check];
  if (parsed.sctp !== undefined) return [sctpChecksumState(bytes, parsed), "sctphdr", parsed.sctp.check];
  return [udpChecksumState(bytes, parsed), "udphdr", parsed.udp?.check ?? 0];
}

function partialFault(view: FrameOut["view"], bytes: Uint8Array, parsed: ParsedFrame): Fault | undefined {
  const { udp, tcp } = parsed;
  const start = view.csumStart - view.data;
  const offset = udp ? UDP_CHECK : tcp ? TCP_CHECK : SCTP_CHECKSUM;
  if (start !== parsed.l4Offset || view.csumOffset !== offset) {
    return ["csum_start", `${parsed.l4Offset} + ${offset}`, `${start} + ${view.csumOffset}`];
  }
  if (udp === undefined && tcp === undefined) return undefined;
  const pseudo = foldedPseudoSum(bytes, parsed, udp?.length ?? bytes.length - parsed.l4Offset);
  const check = udp?.check ?? tcp?.check ?? 0;
  if (sameSum(check, pseudo)) return undefined;
  return ["pseudo-header sum", `0x${pseudo.toString(16)}`, `0x${check.toString(16)}`];
}

/** Equal as ones-complement sums: 0 and 0xffff are the same number. */
const sameSum = (a: number, b: number): boolean => a % 0xffff === b % 0xffff;

/** @kernel can_checksum_protocol include/linux/netdevice.h */
function canSum(features: number, { version, sctp }: ParsedFrame): boolean {
  if (sctp !== undefined) return (features & NETIF_F_SCTP_CRC) !== 0;
  return (features & (NETIF_F_HW_CSUM | (version === 4 ? NETIF_F_IP_CSUM : NETIF_F_IPV6_CSUM))) !== 0;
}
