/** A law broken by one run, with the signature that tells it from other findings. */
import type { Law, Violation } from "../laws/law.js";

export interface Finding {
  /** The law's id. */
  readonly law: string;
  /** The law's sentence. */
  readonly lawText: string;
  readonly place: string;
  /** `law@place` without numbers from the run: two findings with one signature are the same defect. */
  readonly signature: string;
  readonly expected: string;
  readonly received: string;
  /** Where in the run, for the reader: holder, segment, offset. */
  readonly at: Readonly<Record<string, number | string>>;
}

/** A number that stands alone: `skb#3`, `frags[0]`, `0x1f`. Digits inside a name (`ip6_append`, `udp4`) stay. */
const RUN_NUMBER = /(?<![\p{L}\p{N}_])(?:0x[0-9a-f]+|\d+)(?![\p{L}\p{N}_])/giu;

/** The signature of a law broken at a place. */
export function signatureOf(law: string, place: string): string {
  const where = place.replace(RUN_NUMBER, "N").replace(/\s+/g, " ").trim();
  return `${law}@${where}`;
}

/** Turns what a law's check returned into a finding. */
export function findingOf(law: Law, violation: Violation): Finding {
  return {
    law: law.name,
    lawText: law.law,
    place: violation.place,
    signature: signatureOf(law.name, violation.place),
    expected: violation.expected,
    received: violation.received,
    at: violation.at,
  };
}
