/**
 * Merges the results of the shards of one fuzzing night.
 *
 * Usage: node report-findings.mjs [--issues] [--existing TITLES.json] [--run URL] RESULT.json…
 * Prints a job summary in Markdown; with --issues instead one JSON line {title, body} for every bucket that deserves
 * an issue and has none yet. TITLES.json is what `gh issue list --json title` prints.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const GITHUB_BODY_LIMIT = 60_000;

/** Results of shards as one: sums of runs, laws and properties, and one finding for each signature, the smallest. */
export function mergeResults(results) {
  const laws = new Map();
  const properties = new Map();
  const findings = new Map();
  for (const result of results) {
    for (const { name, applied, broken } of result.laws) {
      const sum = laws.get(name) ?? { name, applied: 0, broken: 0 };
      laws.set(name, { name, applied: sum.applied + applied, broken: sum.broken + broken });
    }
    for (const { name, runs } of result.properties) {
      properties.set(name, { name, runs: (properties.get(name)?.runs ?? 0) + runs });
    }
    for (const finding of result.findings) {
      const one = { ...finding, kernel: result.kernel, seed: result.seed, seenIn: 1 };
      const other = findings.get(finding.signature);
      findings.set(finding.signature, other === undefined ? one : smaller(other, one));
    }
  }
  const byName = (a, b) => (a.name < b.name ? -1 : 1);
  return {
    shards: results.length,
    runs: results.reduce((sum, { runs }) => sum + runs, 0),
    seconds: Math.max(0, ...results.map(({ seconds }) => seconds)),
    seeds: [...new Set(results.map(({ seed }) => seed))],
    kernels: [...new Set(results.map(({ kernel }) => kernel))],
    laws: [...laws.values()].sort(byName),
    properties: [...properties.values()].sort(byName),
    findings: [...findings.values()].sort((a, b) => (a.signature < b.signature ? -1 : 1)),
  };
}

/** The finding with the smaller recipe, whichever shard comes first. A bucket is known when any shard knew it. */
function smaller(a, b) {
  const size = JSON.stringify(a.recipe).length - JSON.stringify(b.recipe).length;
  const least = size < 0 || (size === 0 && JSON.stringify(a) <= JSON.stringify(b)) ? a : b;
  return { ...least, known: a.known || b.known, seenIn: a.seenIn + b.seenIn };
}

/** The job summary, in Markdown. */
export function summaryOf(merged) {
  const fresh = merged.findings.filter(({ known }) => !known);
  const idle = merged.laws.filter(({ applied }) => applied === 0);
  const lines = [
    "## Nightly fuzzing",
    "",
    `${merged.runs} runs in ${merged.shards} shards, kernel ${merged.kernels.join(", ") || "none"}, ` +
      `seed ${merged.seeds.join(", ") || "none"}: ${fresh.length} new findings, ${merged.findings.length - fresh.length} known.`,
  ];
  if (merged.shards === 0) lines.push("", "No shard left a result: look at the jobs of this run.");
  if (merged.findings.length > 0) {
    lines.push("", "| signature | law | property | shards | known | replay |", "|---|---|---|---|---|---|");
    for (const f of merged.findings) {
      const cells = [code(f.signature), f.law, f.property, f.seenIn, f.known ? "yes" : "no", code(f.replay)];
      lines.push(`| ${cells.map(cell).join(" | ")} |`);
    }
  }
  lines.push(
    "",
    "| property | runs |",
    "|---|---|",
    ...merged.properties.map((p) => `| ${cell(p.name)} | ${p.runs} |`),
  );
  if (idle.length > 0) {
    lines.push("", `Laws that never applied, a defect of the generators: ${idle.map(({ name }) => name).join(", ")}.`);
  }
  return `${lines.join("\n")}\n`;
}

const code = (text) => `\`${text}\``;
const cell = (value) => String(value).replaceAll("|", "\\|").replaceAll("\n", " ");

/** The title by which a bucket's issue is found again. */
export const titleOf = ({ law, signature }) => `fuzz: ${law} broken [${signature}]`;

/**
 * One issue for each new bucket. Buckets of other kernels than mainline are left out: their bugs are switched on.
 * A bucket has an issue when a title carries its signature in brackets, whatever else somebody made of the title.
 */
export function issuesOf(merged, { existing = [], run = "" } = {}) {
  return merged.findings
    .filter(({ known, kernel }) => !known && kernel === "mainline")
    .filter(({ signature }) => !existing.some(({ title }) => title.includes(`[${signature}]`)))
    .map((finding) => ({ title: titleOf(finding), body: bodyOf(finding, run) }));
}

function bodyOf(finding, run) {
  const recipe = JSON.stringify(finding.recipe);
  const parts = [
    `The law **${finding.law}** broke in the property \`${finding.property}\`, on ${finding.kernel}.`,
    `- expected: ${finding.expected}\n- received: ${finding.received}\n- runs to find: ${finding.runsToFind}, shrinks: ${finding.shrinks}, seed: ${finding.seed}`,
    `Take \`${finding.entry}\` from the artifacts of ${run || "the run"}, put it there, and\n\n\`\`\`sh\n${finding.replay}\n\`\`\``,
    recipe.length < GITHUB_BODY_LIMIT
      ? `The recipe:\n\n\`\`\`json\n${recipe}\n\`\`\``
      : "The recipe is too long to quote.",
  ];
  return parts.join("\n\n");
}

function main(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { issues: { type: "boolean" }, existing: { type: "string" }, run: { type: "string" } },
  });
  // A shell leaves a pattern that fits nothing as it is: no shard left a result.
  const files = positionals.filter((file) => !file.includes("*"));
  const read = (file) => JSON.parse(readFileSync(file, "utf8"));
  const merged = mergeResults(files.map(read));
  if (!values.issues) return process.stdout.write(summaryOf(merged));
  const existing = values.existing === undefined ? [] : read(values.existing);
  for (const issue of issuesOf(merged, { existing, run: values.run }))
    process.stdout.write(`${JSON.stringify(issue)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
