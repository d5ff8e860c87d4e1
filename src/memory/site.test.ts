import { runInThisContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { captureSite, kernelSymbol, type Site } from "./site.js";

/** Calls `inner` from functions of those names, outermost first, in a file of that path. */
function calledFrom(path: string, names: readonly string[], inner: () => Site): Site {
  const call = names.reduceRight((body, name) => `(function ${name}(inner) { return ${body}(inner); })`, "inner");
  return (runInThisContext(call, { filename: path }) as (inner: () => Site) => Site)(inner);
}

describe("a site", () => {
  test("names the modelled functions that run, innermost first", () => {
    expect(calledFrom("/any/src/net/core/gso.js", ["netifReceiveSkb", "skbSegmentList"], captureSite)).toEqual([
      "skb_segment_list",
      "netif_receive_skb",
    ]);
    expect(calledFrom("C:\\any\\src\\skb\\free.ts", ["kfreeSkb"], captureSite)).toEqual(["kfree_skb"]);
  });

  test("leaves out what is no kernel's name, sums, and repetitions in a row", () => {
    const names = ["skbClone", "copyPayload", "skbChecksum", "skbChecksum", "gsoMakeCsum", "udpSendCheck", "skbPut"];
    expect(calledFrom("/any/src/skb/read.ts", names, captureSite)).toEqual(["skb_put", "skb_checksum", "skb_clone"]);
  });

  test("leaves out seams and files of other layers", () => {
    for (const path of ["/any/src/net/core/gso.seams.ts", "/any/src/engine/model/World.ts", "/src/skbs/x.js"]) {
      expect(calledFrom(path, ["skbSegment"], captureSite)).toEqual([]);
    }
  });

  test("leaves the stack's own settings as they were", () => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    Error.stackTraceLimit = 17;
    captureSite();
    const after = [Error.prepareStackTrace, Error.stackTraceLimit];
    Error.stackTraceLimit = stackTraceLimit;
    expect(after).toEqual([prepareStackTrace, 17]);
  });
});

test.each([
  ["skbSegmentList", "skb_segment_list"],
  ["skbGsoSegmentInner", "__skb_gso_segment"],
  ["udp4UfoFragment", "udp4_ufo_fragment"],
  ["kfreeSkb", "kfree_skb"],
  ["bpfSkbNetGrow", "bpf_skb_net_grow"],
])("%s is %s", (name, symbol) => {
  expect(kernelSymbol(name)).toBe(symbol);
});
