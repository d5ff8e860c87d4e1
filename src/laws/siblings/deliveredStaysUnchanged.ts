/** What a device or a socket was given is read later, by DMA or by an application. */
import { equalBytes } from "../../bytes/diff.js";
import { describeDifference, hex } from "../../bytes/hexdump.js";
import type { HolderRun } from "../../recipe/Run.js";
import { gsoKind } from "../gsoKind.js";
import { Findings, law } from "../law.js";
import { areaOfDifference } from "./area.js";

const SHOWN = 16;

interface Delivered {
  readonly bytes: Uint8Array | undefined;
  readonly later: Uint8Array | "same" | undefined;
  readonly area: (received: Uint8Array) => string;
  readonly holder: number;
  readonly at: Readonly<Record<string, number | string>>;
}

export const deliveredStaysUnchanged = law({
  name: "delivered-stays-unchanged",
  law: "What was given out reads just before it is freed as it did when it was given.",
  standsFor: ["SIB-3", "I7"],
  check(run) {
    const findings = new Findings();
    for (const { bytes, later, area, holder, at } of run.holders.flatMap(deliveredBy)) {
      if (bytes === undefined) continue;
      findings.applies();
      if (later === "same") continue;
      const expected = hex(bytes, SHOWN);
      if (later === undefined) {
        findings.broken({ place: "unreadable", expected, received: "no longer all there", at });
      } else if (!equalBytes(bytes, later)) {
        const place = `${area(later)} (${gsoKind(run, holder)})`;
        findings.broken({ place, expected, received: describeDifference(bytes, later), at });
      }
    }
    return findings.verdict();
  },
});

function deliveredBy({ index, frames, sockets }: HolderRun): Delivered[] {
  const sent = frames.map(({ bytes, later, view }, frame) => ({
    bytes,
    later,
    area: (received: Uint8Array) => `frame ${areaOfDifference(view, bytes ?? received, received)}`,
    holder: index,
    at: { holder: index, frame },
  }));
  const queued = sockets.flatMap(({ name, datagrams }) =>
    datagrams.map(({ payload, later }, datagram) => ({
      bytes: payload,
      later,
      area: () => "datagram payload",
      holder: index,
      at: { holder: index, socket: name, datagram },
    })),
  );
  return [...sent, ...queued];
}
