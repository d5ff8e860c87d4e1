import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kernelMapPage, kernelMapRows } from "./kernelMap.js";
import { projectRoot, sourceFiles } from "./projectFiles.js";

const named = (text: string, path = "src/net/core/thing.ts") =>
  kernelMapRows([{ path, text }]).map(({ symbol, kernelFile, name }) => [symbol, kernelFile, name]);

describe("the tags of a source", () => {
  test("name a symbol, its file and the function below", () => {
    const text =
      "/**\n * Cuts.\n *\n * @kernel skb_segment net/core/skbuff.c v6.12\n */\nexport function skbSegment() {}";
    expect(named(text)).toEqual([["skb_segment", "net/core/skbuff.c", "skbSegment"]]);
  });
  test("may name several symbols", () => {
    const text = "/** @kernel a_x net/a.c, b_x and c_x net/c.c v6.12; as far as lengths go */\nconst both = 1;";
    expect(named(text)).toEqual([
      ["a_x", "net/a.c", "both"],
      ["b_x", "net/c.c", "both"],
      ["c_x", "net/c.c", "both"],
    ]);
  });
  test("end where a remark begins", () => {
    const text = "/** @kernel a_x include/net/a.h, as far as Ethernet, VLAN */\nfunction walk() {}";
    expect(named(text)).toEqual([["a_x", "include/net/a.h", "walk"]]);
  });
  test("of a member name the class or interface around it", () => {
    const text = "export class Page {\n  /** @kernel get_page include/linux/mm.h */\n  get(): void {}\n}";
    expect(named(text)).toEqual([["get_page", "include/linux/mm.h", "Page.get"]]);
  });
  test("of a whole file name the file", () => {
    const text =
      '/**\n * What is shared.\n *\n * @kernel struct sock include/net/sock.h\n */\nimport { a } from "./a.js";';
    expect(named(text, "src/skb/Sock.ts")).toEqual([["struct sock", "include/net/sock.h", "Sock"]]);
  });
  test("with a file alone stand under our name", () => {
    const text = "/** Bits. @kernel include/linux/skbuff.h */\nexport const SKB_GSO_UDP = 1;";
    expect(named(text, "src/abi/features.ts")).toEqual([["SKB_GSO_UDP", "include/linux/skbuff.h", "SKB_GSO_UDP"]]);
  });
  test("count in modelled code only", () => {
    expect(named("/** @kernel skb_segment */\nexport const a = 1;", "src/laws/a.ts")).toEqual([]);
    expect(named("/** @kernel skb_segment */\nexport const a = 1;", "src/net/a.test.ts")).toEqual([]);
  });
});

describe("docs/kernel-map.md", () => {
  const files = sourceFiles("src");

  test("is what the sources say; if not, use: npm run docs:kernel-map", () => {
    expect(readFileSync(join(projectRoot(), "docs", "kernel-map.md"), "utf8")).toBe(kernelMapPage(files));
  });
  test("has the functions that everything is about", () => {
    const symbols = kernelMapRows(files).map(({ symbol }) => symbol);
    for (const symbol of ["skb_segment", "skb_segment_list", "__udp_gso_segment", "skb_clone", "pskb_expand_head"]) {
      expect(symbols).toContain(symbol);
    }
  });
});
