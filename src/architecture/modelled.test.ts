import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { modelledRows, modelledTable, withModelledTable } from "./modelled.js";
import { projectRoot, sourceFiles } from "./projectFiles.js";

const file = (path: string, text: string) => ({ path, text });

describe("the table of what is modelled", () => {
  test("takes the first sentence and what is left out from the opening comment", () => {
    const text =
      "/**\n * A tap device, in and out. It has queues. Left out: XDP,\n * zero-copy. And more.\n */\nexport {};\n";
    expect(modelledRows([file("src/net/drivers/tun.ts", text)])).toEqual([
      { file: "drivers/tun.ts", does: "A tap device, in and out", leftOut: "XDP, zero-copy" },
    ]);
  });

  test("has no row for tests, seams and tables, nor for other folders", () => {
    const text = "/** Something. */\n";
    const paths = ["src/net/a.test.ts", "src/net/a.seams.ts", "src/net/offloads.ts", "src/skb/clone.ts"];
    expect(modelledRows(paths.map((path) => file(path, text)))).toEqual([]);
  });

  test("names a file that does not say what it models", () => {
    expect(() => modelledRows([file("src/net/ipv4/x.ts", "export {};\n")])).toThrow("src/net/ipv4/x.ts");
  });

  test("keeps a bar inside a cell and leaves symbols of the kernel out", () => {
    const table = modelledTable([file("src/net/x.ts", "/** Either a|b. @kernel skb_segment net/core/skbuff.c */\n")]);
    expect(table.split("\n")[2]).toBe("| `x.ts` | Either a\\|b |  |");
  });

  test("needs both marks in the page", () => {
    expect(() => withModelledTable("# A page\n", [])).toThrow("in this order");
  });

  test("stands in the README as the sources have it", () => {
    const readme = readFileSync(join(projectRoot(), "README.md"), "utf8");
    expect(withModelledTable(readme, sourceFiles("src"))).toBe(readme);
  });
});
