/** Whoever receives the frame checks the sum; whoever sends it without one must be able to rely on the device. */

import {
  CHECKSUM_PARTIAL,
  NETIF_F_HW_CSUM,
  NETIF_F_IP_CSUM,
  NETIF_F_IPV6_CSUM,
  SKB_GSO_FRAGLIST,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import type { FrameOut, HolderRun, Run } from "../../recipe/Run.js";
import { foldedPseudoSum, type ParsedFrame, udpChecksumState } from "../../wire/frame.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { parsedFrame } from "../parsedFrame.js";
import { LONGEST_FRAME } from "./groShape.js";

const UDP_CHECK = 6;

/**
 * Applies where the packet's checksum was right to begin with: the kernel goes on from what stands in the field, so that
 * nothing can be said of a packet with a sum of no kind. A list may carry datagrams without a checksum.
 */
export const checksumRightOnTheWire = law({
  name: "checksum-right-on-the-wire",
  law: "Every UDP frame that leaves a port has a right checksum once the device has done what it declared.",
  standsFor: ["I4", "SEG-16"],
  check(run) {
    const findings = new Findings();
    if (!beganRight(run)) return findings.verdict();
    for (const holder of run.holders) {
      const operations = run.recipe.holders[holder.index]?.before ?? [];
      if (holder.exit !== "port" || operations.some((operation) => operation.do === "trim")) continue;
      for (const [index, frame] of holder.frames.entries()) {
        const parsed = frame.bytes && parsedFrame(frame.bytes);
        if (frame.bytes === undefined || parsed?.udp === undefined || parsed.fragment !== undefined) continue;
        if (frame.bytes.length - parsed.l3Offset > LONGEST_FRAME) continue;
        findings.applies();
        const fault = faultOf(run, holder, frame, frame.bytes, parsed);
        if (fault === undefined) continue;
        const [what, expected, received] = fault;
        const place = `${what} (${gsoKind(run)})`;
        findings.broken({ place, expected, received, at: { holder: holder.index, frame: index } });
      }
    }
    return findings.verdict();
  },
});

/** Whether the fields were, before anybody had the packet, what its ip_summed says. A tap may have made it anything. */
function beganRight({ recipe, packet }: Run): boolean {
  const { frame, originals, view } = packet;
  if (view === undefined || recipe.packet.checksumStart !== 0 || frame.length > LONGEST_FRAME) return false;
  const { zeroChecksum } = recipe.packet;
  if ((view.shinfo.gsoType & SKB_GSO_FRAGLIST) !== 0) {
    const right = view.ipSummed === CHECKSUM_PARTIAL ? ["partial"] : zeroChecksum ? ["zero", "ok"] : ["ok"];
    return originals.length > 0 && originals.every((original) => right.includes(stateOf(original)));
  }
  if (view.ipSummed !== CHECKSUM_PARTIAL && (view.shinfo.gsoType & SKB_GSO_UDP_L4) === 0) return false;
  const parsed = parsedFrame(frame);
  if (parsed?.udp === undefined || zeroChecksum) return false;
  return sameSum(parsed.udp.check, foldedPseudoSum(frame, parsed, parsed.udp.length));
}

function stateOf(frame: Uint8Array): string {
  const parsed = parsedFrame(frame);
  return parsed === undefined ? "bad" : udpChecksumState(frame, parsed);
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
  const state = udpChecksumState(bytes, parsed);
  if (state === "ok") return undefined;
  if (state === "zero" && run.recipe.packet.zeroChecksum && gsoKind(run) === "fraglist") return undefined;
  const check = parsed.udp?.check.toString(16) ?? "";
  return ["udphdr.check", "the checksum of the datagram", `${state}: 0x${check}`];
}

function partialFault(view: FrameOut["view"], bytes: Uint8Array, parsed: ParsedFrame): Fault | undefined {
  const start = view.csumStart - view.data;
  if (start !== parsed.l4Offset || view.csumOffset !== UDP_CHECK) {
    return ["csum_start", `${parsed.l4Offset} + ${UDP_CHECK}`, `${start} + ${view.csumOffset}`];
  }
  const udp = parsed.udp ?? { check: 0, length: 0 };
  const pseudo = foldedPseudoSum(bytes, parsed, udp.length);
  if (sameSum(udp.check, pseudo)) return undefined;
  return ["pseudo-header sum", `0x${pseudo.toString(16)}`, `0x${udp.check.toString(16)}`];
}

/** Equal as ones-complement sums: 0 and 0xffff are the same number. */
const sameSum = (a: number, b: number): boolean => a % 0xffff === b % 0xffff;

/** @kernel can_checksum_protocol include/linux/netdevice.h */
const canSum = (features: number, { version }: ParsedFrame): boolean =>
  (features & (NETIF_F_HW_CSUM | (version === 4 ? NETIF_F_IP_CSUM : NETIF_F_IPV6_CSUM))) !== 0;
