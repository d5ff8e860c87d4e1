/** The counters of a campaign, and its findings by signature. */
import type { CampaignFinding, LawCount, PropertyCount } from "./CampaignResult.js";
import type { Property } from "./property.js";

interface MutableLawCount {
  applied: number;
  broken: number;
}

export class Tally {
  private readonly runsOf = new Map<string, number>();
  private readonly laws = new Map<string, MutableLawCount>();
  private readonly findings = new Map<string, CampaignFinding>();
  private readonly times = new Map<string, number>();
  /** Cases run. */
  runs = 0;

  /** Every property and law has a line from the start: one that never applied must show up with a 0. */
  constructor(properties: readonly Property[]) {
    for (const property of properties) {
      this.runsOf.set(property.name, 0);
      for (const law of property.laws) this.laws.set(law.name, { applied: 0, broken: 0 });
    }
  }

  get newFindings(): number {
    return [...this.findings.values()].filter(({ known }) => !known).length;
  }

  ran(property: string, applied: readonly string[], broken: readonly string[]): void {
    this.runs += 1;
    this.runsOf.set(property, (this.runsOf.get(property) ?? 0) + 1);
    for (const law of applied) this.lawCount(law).applied += 1;
    for (const law of broken) this.lawCount(law).broken += 1;
  }

  /** Counts one more sight of a signature; false when it was the first. */
  seenAgain(signature: string): boolean {
    const times = this.times.get(signature) ?? 0;
    this.times.set(signature, times + 1);
    return times > 0;
  }

  /** Keeps a finding, in the place of an earlier state of the same one. */
  keep(finding: CampaignFinding): void {
    this.findings.set(finding.signature, finding);
  }

  counts(): {
    readonly properties: readonly PropertyCount[];
    readonly laws: readonly LawCount[];
    readonly findings: readonly CampaignFinding[];
  } {
    const findings = [...this.findings.values()].map((finding) => ({
      ...finding,
      times: this.times.get(finding.signature) ?? finding.times,
    }));
    const properties = [...this.runsOf].map(([name, runs]) => ({
      name,
      runs,
      findings: newFindingsOf(name, findings),
    }));
    return { properties, laws: [...this.laws].map(([name, count]) => ({ name, ...count })), findings };
  }

  private lawCount(law: string): MutableLawCount {
    let count = this.laws.get(law);
    if (count === undefined) {
      count = { applied: 0, broken: 0 };
      this.laws.set(law, count);
    }
    return count;
  }
}

/** How many signatures a property was the first to show, known ones left out. */
export function newFindingsOf(property: string, findings: readonly CampaignFinding[]): number {
  return findings.filter((finding) => finding.property === property && !finding.known).length;
}
