/** Segmenting in software what the device would have segmented is slow rather than wrong, which is why it goes unseen. */

import {
  CHECKSUM_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_HW_CSUM,
  NETIF_F_SG,
  NETIF_F_TSO,
  NETIF_F_TSO6,
  SKB_GSO_DODGY,
  SKB_GSO_TCPV4,
  SKB_GSO_TCPV6,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import type { HolderRun, Run, SkbView } from "../../recipe/Run.js";
import { TCP_CHECK } from "../../wire/tcp.js";
import { UDP_CHECK } from "../../wire/udp.js";
import { payloadOffsetOf, transportOffsetOf } from "../errors/payloadOf.js";
import { Findings, law } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";
import { malformationOf } from "../siblings/wellFormed.js";

const GSO_LEGACY_MAX_SIZE = 65_536;
/** What a device needs for each type, besides sums and scatter-gather, with the offset of the checksum. */
const TYPES: ReadonlyMap<number, { readonly feature: number; readonly check: number }> = new Map([
  [SKB_GSO_UDP_L4, { feature: NETIF_F_GSO_UDP_L4, check: UDP_CHECK }],
  [SKB_GSO_TCPV4, { feature: NETIF_F_TSO, check: TCP_CHECK }],
  [SKB_GSO_TCPV6, { feature: NETIF_F_TSO6, check: TCP_CHECK }],
]);

export const takesWholeWhatItCan = law({
  name: "takes-whole-what-it-can",
  law: "A device that can segment a packet by itself is handed it whole.",
  standsFor: ["I14"],
  check(run) {
    const findings = new Findings(run);
    for (const holder of run.holders) {
      const { entered, outcome, frames, index } = holder;
      if (entered === undefined || outcome === "faulted" || !isCapable(run, holder) || !isSimple(run, entered))
        continue;
      findings.applies();
      const [frame] = frames;
      if (frames.length === 1 && frame?.view.shinfo.gsoSize === entered.shinfo.gsoSize) continue;
      findings.broken({
        place: outcome === "sent" ? "segmented" : outcome,
        expected: "one frame, to be cut by the device",
        received: outcome === "sent" ? `${frames.length} frames` : `${outcome} ${holder.dropReason}`.trim(),
        at: { holder: index },
      });
    }
    return findings.verdict();
  },
});

/** A device with GSO_PARTIAL keeps UDP_L4 among the features that only partial packets may use. */
function isCapable({ recipe }: Run, { exit, features, index, entered }: HolderRun): boolean {
  const wanted = recipe.holders[index];
  if (exit !== "port" || wanted === undefined || wanted.device.gsoPartial || recipe.middle.length > 0) return false;
  const type = TYPES.get((entered?.shinfo.gsoType ?? 0) & ~SKB_GSO_DODGY);
  if (type === undefined) return false;
  const needed = type.feature | NETIF_F_HW_CSUM | NETIF_F_SG;
  return (features & needed) === needed && wanted.before.length === 0 && recipe.failures.length === 0;
}

/** Nothing about the packet that hardware might stumble over. */
function isSimple(run: Run, entered: SkbView): boolean {
  const { vlan, acceleratedVlan, optionWords, extensions } = run.recipe.packet;
  if (vlan.length > 0 || acceleratedVlan || optionWords > 0 || extensions.length > 0) return false;
  const { gsoSize, gsoSegs, gsoType, members } = entered.shinfo;
  const type = TYPES.get(gsoType & ~SKB_GSO_DODGY);
  if (type === undefined || members.length > 0 || entered.encapsulation) return false;
  if (parsedLayers(entered.bytes ?? entered.linear).length !== 1) return false;
  if (entered.ipSummed !== CHECKSUM_PARTIAL || entered.csumOffset !== type.check) return false;
  if (entered.csumStart !== entered.transportHeader) return false;
  if (entered.transportHeader - entered.data !== transportOffsetOf(run, entered)) return false;
  const payload = entered.len - payloadOffsetOf(run, entered);
  if (gsoSize <= 0 || payload <= gsoSize || entered.len >= GSO_LEGACY_MAX_SIZE) return false;
  return malformationOf(entered) === undefined && segsAllowed(run, Math.max(gsoSegs, Math.ceil(payload / gsoSize)));
}

/** Every port counts: gso_segs may be refreshed before this one's turn. */
const segsAllowed = ({ recipe }: Run, segs: number): boolean =>
  recipe.holders.every((holder) => segs <= holder.device.gsoMaxSegs);
