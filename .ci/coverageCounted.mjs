/**
 * Says whether the coverage gate looked at anything: an empty table meets every threshold.
 * Usage: node .ci/coverageCounted.mjs FOLDER…, after `c8 report` has written coverage/gate/coverage-summary.json.
 */
import { readdirSync, readFileSync } from "node:fs";
import { resolve, sep } from "node:path";

const SUMMARY = "coverage/gate/coverage-summary.json";

/** Files of a folder that hold code of the product, as the gate should have counted them. */
function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => resolve(folder, name))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
}

const counted = JSON.parse(readFileSync(SUMMARY, "utf8"));
const problems = [];
for (const folder of process.argv.slice(2)) {
  const missing = sourcesIn(folder).filter((file) => counted[file] === undefined);
  for (const file of missing) problems.push(`${file} was not counted`);
  const covered = Object.entries(counted).filter(([file]) => file.startsWith(resolve(folder) + sep));
  const lines = covered.reduce((sum, [, figures]) => sum + figures.lines.covered, 0);
  if (lines === 0) problems.push(`${folder}: not one covered line in ${covered.length} files`);
  else console.log(`${folder}: ${covered.length} files counted, ${lines} lines covered`);
}
if (problems.length > 0) {
  console.error(`coverage: ${SUMMARY} is not what the gate should have measured\n  ${problems.join("\n  ")}`);
  process.exitCode = 1;
}
