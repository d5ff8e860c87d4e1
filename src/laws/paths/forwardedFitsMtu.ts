import { GSO_BY_FRAGS, SKB_GSO_FRAGLIST } from "../../abi/features.js";
import { getU16 } from "../../bytes/view.js";
import type { SkbView } from "../../recipe/Run.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { IP_DF, IPV4_FRAG_OFF } from "../../wire/ipv4.js";
import { IPV6_HLEN } from "../../wire/ipv6.js";
import { gsoKind } from "../gsoKind.js";
import { gsoLayerIndex } from "../gsoLayer.js";
import { law } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { isEven } from "../wire/groShape.js";
import { checkRouted } from "./routed.js";

/**
 * Longer ones are cut into fragments, or refused where nobody may. Of a packet that the device will cut, each segment
 * counts. Left out: lists with members longer than gso_size says, which receive offload never makes.
 */
export const forwardedFitsMtu = law({
  name: "forwarded-fits-mtu",
  law: "No frame that a router sends is longer than the MTU of its device.",
  standsFor: ["SEG-25", "I2"],
  check: (run) =>
    checkRouted(run, ({ holder, headers, frames, findings }) => {
      const mtu = run.recipe.holders[holder.index]?.device.mtu;
      const gsoType = run.packet.view?.shinfo.gsoType ?? 0;
      if (mtu === undefined || ((gsoType & SKB_GSO_FRAGLIST) !== 0 && !isEven(run))) return;
      for (const [frame, { bytes, view }] of frames.entries()) {
        const layers = parsedLayers(bytes);
        if (layers[0] === undefined) continue;
        findings.applies();
        const length = packetLength(bytes, layers, view);
        if (length <= mtu) continue;
        findings.broken({
          place: `${fragmentation(headers, holder.entered)} (${gsoKind(run, holder.index)})`,
          expected: `at most ${mtu} bytes`,
          received: `${length}`,
          at: { holder: holder.index, frame },
        });
      }
    }),
});

/** From the network header on; of the longest segment, where there will be several. */
function packetLength(bytes: Uint8Array, layers: readonly FrameLayer[], { shinfo }: SkbView): number {
  const start = layers[0]?.l3Offset ?? 0;
  const cut = layers[gsoLayerIndex(layers, shinfo.gsoType)];
  if (shinfo.gsoSize === 0 || cut === undefined) return bytes.length - start;
  const longest =
    shinfo.gsoSize === GSO_BY_FRAGS ? Math.max(0, ...shinfo.members.map(({ len }) => len)) : shinfo.gsoSize;
  return Math.min(bytes.length, cut.payloadOffset + longest) - start;
}

/** Who may fragment decides which way a long packet takes. */
function fragmentation({ version, l3Offset, l4Offset }: FrameLayer, entered: SkbView | undefined): string {
  if (version === 6 || entered === undefined) {
    return l4Offset - l3Offset > IPV6_HLEN ? "IPv6 with extension headers" : "IPv6";
  }
  const word = getU16(entered.bytes ?? entered.linear, l3Offset + IPV4_FRAG_OFF);
  return (word & IP_DF) !== 0 ? "IPv4 with DF" : "IPv4 without DF";
}
