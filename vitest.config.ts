/**
 * Tests run compiled, from dist/, because coverage of TypeScript sources is wrong or empty
 * (docs/decisions/0005-compiled-tests.md). `npm test` builds first.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const compiled = join(root, "dist");

/** Compiled tests whose source is gone. The compiler leaves them in dist/, where they would be run for ever. */
const stale = (existsSync(compiled) ? readdirSync(compiled, { recursive: true, encoding: "utf8" }) : [])
  .filter((file) => /\.(test|bench)\.js$/.test(file) && !existsSync(join(root, file.replace(/\.js$/, ".ts"))))
  .map((file) => `dist/${file.split(sep).join("/")}`);

const inQuality = "dist/properties/quality/**/*.test.js";
const inOracle = "dist/properties/oracle/**/*.test.js";

function project(name: string, files: { include?: string[]; exclude?: string[]; benches?: string[] }, timeout: number) {
  const { include = [], exclude = [], benches = [] } = files;
  return {
    extends: true as const,
    test: { name, include, exclude: [...stale, ...exclude], testTimeout: timeout, benchmark: { include: benches } },
  };
}

/** Where the machine-readable result goes, beside the readable one; `.ci/run` counts from it. */
const results = process.env["SKBCHECK_TEST_RESULTS"];

export default defineConfig({
  root,
  test: {
    // Node loads the compiled modules itself: with vite's loader in between, coverage finds no source map.
    server: { deps: { external: [/\/dist\/src\//] } },
    // In the default pool, child processes, a worker dies before it has written its coverage.
    pool: "threads",
    reporters: results === undefined ? ["default"] : ["default", "json"],
    ...(results === undefined ? {} : { outputFile: { json: results } }),
    // Snapshots belong beside the sources; dist/ is thrown away.
    resolveSnapshotPath: (test, extension) =>
      join(dirname(test).replace(compiled, root), "__snapshots__", basename(test).replace(/\.js$/, ".ts") + extension),
    projects: [
      project("unit", { include: ["dist/src/**/*.test.js", ".github/scripts/*.test.mjs"] }, 30_000),
      project("properties", { include: ["dist/properties/**/*.test.js"], exclude: [inQuality, inOracle] }, 120_000),
      project("quality", { include: [inQuality] }, 600_000),
      project("oracle", { include: [inOracle] }, 120_000),
      project("bench", { benches: ["dist/bench/**/*.bench.js"] }, 600_000),
    ],
  },
});
