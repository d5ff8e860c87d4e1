import { describe, expect, test } from "vitest";
import { checkSources } from "./checkSources.js";

const check = (sources: Record<string, string>): string[] =>
  checkSources(Object.entries(sources).map(([path, text]) => ({ path, text })));

describe("checkSources", () => {
  test("keeps quiet about imports that go down", () => {
    expect(
      check({
        "src/bytes/checksum.ts": "export const fold = 1;",
        "src/skb/clone.ts": 'import { fold } from "../bytes/checksum.js";\nexport const clone = fold;',
        "src/net/core/gso.ts": 'export { clone } from "../../skb/clone.js";',
      }),
    ).toEqual([]);
  });

  test("names the file, the import and the rule when an import goes up", () => {
    expect(check({ "src/skb/clone.ts": 'import { dev } from "../net/core/dev.js";' })).toEqual([
      "skb/clone.ts imports net/core/dev.ts: skb may import abi, bytes, memory",
    ]);
    expect(check({ "src/bytes/view.ts": 'import { x } from "../wire/udp.js";' })).toEqual([
      "bytes/view.ts imports wire/udp.ts: bytes may import nothing",
    ]);
  });

  test.each([
    ["a type", 'import type { Kernel } from "../kernel/Kernel.js";'],
    ["a re-export", 'export { mainline } from "../kernel/Kernel.js";'],
    ["a star export", 'export * from "../kernel/Kernel.js";'],
    ["a bare import", 'import "../kernel/Kernel.js";'],
    ["a dynamic import", 'const kernel = await import("../kernel/Kernel.js");'],
    ["several lines", 'import {\n  mainline,\n  type Kernel,\n} from "../kernel/Kernel.js";'],
  ])("holds %s to the table too", (_kind, text) => {
    expect(check({ "src/laws/neverFaults.ts": text })).toEqual([
      "laws/neverFaults.ts imports kernel/Kernel.ts: laws may import abi, bytes, wire, recipe",
    ]);
  });

  test("lets a layer use types where the table says types, and no values", () => {
    expect(check({ "src/report/text.ts": 'import type { Law } from "../laws/law.js";' })).toEqual([]);
    expect(check({ "src/report/text.ts": 'import { law } from "../laws/law.js";' })).toEqual([
      "report/text.ts imports laws/law.ts: report may import abi, bytes, wire, recipe, types of laws",
    ]);
  });

  test("keeps the model away from the engine that talks to a real kernel", () => {
    expect(check({ "src/engine/linux/tap.ts": 'import { run } from "../model/modelEngine.js";' })).toEqual([
      "engine/linux/tap.ts imports engine/model/modelEngine.ts: engine/linux may import abi, bytes, wire, recipe, engine",
    ]);
    expect(check({ "src/runner/campaign.ts": 'import { run } from "../engine/model/modelEngine.js";' })).toEqual([]);
  });

  test("finds a ring of values and leaves a ring of types alone", () => {
    const ring = (how: string) => ({
      "src/skb/a.ts": 'import { b } from "./b.js";',
      "src/skb/b.ts": 'import { c } from "./c.js";',
      "src/skb/c.ts": `import ${how}{ a } from "./a.js";`,
    });
    expect(check(ring(""))).toEqual(["import cycle: src/skb/a.ts → src/skb/b.ts → src/skb/c.ts → src/skb/a.ts"]);
    expect(check(ring("type "))).toEqual([]);
  });

  test("keeps fast-check in its one module", () => {
    expect(check({ "src/arbitraries/fastCheck.ts": 'export { integer } from "fast-check";' })).toEqual([]);
    expect(check({ "src/laws/x.ts": 'import fc from "fast-check";' })).toEqual([
      "src/laws/x.ts imports fast-check: only src/arbitraries/fastCheck.ts may",
    ]);
  });

  test("finds a clock or a random number below the runner", () => {
    const text = "export const now = () => Date.now() + Math.random();";
    expect(check({ "src/net/core/gso.ts": text })).toEqual([
      "src/net/core/gso.ts uses Math.random: only runner, cli, report, corpus may, so that a case can be repeated",
      "src/net/core/gso.ts uses Date.now: only runner, cli, report, corpus may, so that a case can be repeated",
    ]);
    expect(check({ "src/runner/budget.ts": text, "src/net/core/gso.test.ts": text })).toEqual([]);
  });

  test("refuses default exports, folder indexes, long files and files in no layer", () => {
    expect(check({ "src/skb/a.ts": "export default 1;" })).toEqual([
      "src/skb/a.ts has a default export: exports are named",
    ]);
    expect(check({ "src/skb/index.ts": "export const a = 1;", "src/index.ts": "export const a = 1;" })).toEqual([
      "src/skb/index.ts is a folder index: src/index.ts is the only one, import the file you need",
    ]);
    expect(check({ "src/skb/a.ts": "\n".repeat(400) })).toEqual([]);
    expect(check({ "src/skb/a.ts": "\n".repeat(401) })).toEqual(["src/skb/a.ts has 401 lines: at most 400"]);
    expect(check({ "src/misc/a.ts": "" })).toEqual([
      "src/misc/a.ts lies in no layer: add its folder to src/architecture/layers.ts, or move it",
    ]);
  });

  test("lets only tests, and what supports tests, import what supports the tests of laws", () => {
    const text = (path: string) => `import { sampleRun } from "${path}";`;
    expect(check({ "src/laws/payload/x.test.ts": text("../testing/sampleRun.js") })).toEqual([]);
    expect(check({ "src/laws/payload/x.ts": text("../testing/sampleRun.js") })).toHaveLength(1);
    expect(check({ "src/report/testing/x.ts": text("../../laws/testing/sampleRun.js") })).toEqual([]);
    expect(check({ "src/runner/x.test.ts": text("../laws/testing/sampleRun.js") })).toEqual([]);
    expect(check({ "src/runner/x.ts": text("../laws/testing/sampleRun.js") })).toEqual([
      "src/runner/x.ts imports src/laws/testing/sampleRun.ts: only tests in src may import src/laws/testing",
    ]);
  });

  test("lets a property see laws, recipes and kernels, and its tests the runner, but neither the model's inside", () => {
    const runner = 'import { campaign } from "../../src/runner/campaign.js";';
    const skb = 'import { clone } from "../../src/skb/clone.js";';
    expect(check({ "properties/flood/a.ts": 'import { property } from "../../src/runner/property.js";' })).toEqual([]);
    expect(check({ "properties/flood/a.ts": runner })[0]).toContain("properties may import src/arbitraries, src/laws");
    expect(check({ "properties/quality/a.test.ts": runner })).toEqual([]);
    expect(check({ "properties/quality/a.test.ts": skb })).toEqual([
      "properties/quality/a.test.ts imports src/skb/clone.ts: tests of properties may not import skb, net, memory",
    ]);
  });
});
