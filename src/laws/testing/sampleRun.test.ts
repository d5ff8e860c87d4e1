import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { recipeParser } from "../../recipe/Recipe.js";
import { parseFrame, udpChecksumState } from "../../wire/frame.js";
import {
  bend,
  firstCall,
  poke,
  type SampleOptions,
  sampleRecipe,
  sampleRun,
  sampleView,
  segmentOf,
} from "./sampleRun.js";

const shape = (options: SampleOptions): string =>
  firstCall(sampleRun(options))
    .segments.map(({ bytes, dataLen }) => {
      const parsed = bytes && parseFrame(bytes);
      return `${(bytes?.length ?? 0) - (parsed?.payloadOffset ?? 0)}${dataLen > 0 ? " paged" : ""}`;
    })
    .join(" | ");

describe("sampleRun", () => {
  test("a fraglist comes apart at its members", () => {
    expect(shape({})).toBe("5 | 5 | 3");
    expect(firstCall(sampleRun()).input.shinfo.members.map((member) => member.len)).toEqual([5, 3]);
  });

  test("the generic path cuts at gso_size and leaves the payload in page fragments", () => {
    expect(shape({ gso: "udp-l4", payloads: [13], gsoSize: 5 })).toBe("5 paged | 5 paged | 3 paged");
  });

  test("a partial cut takes several units at a time", () => {
    const features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;
    expect(shape({ gso: "udp-l4", payloads: [13], gsoSize: 3, partialSegs: 2, features })).toBe(
      "6 paged | 6 paged | 1 paged",
    );
  });

  test.each(["ipv4", "ipv6"] as const)("a datagram over %s comes apart into fragments", (family) => {
    const run = sampleRun({ gso: "ufo", family, payloads: [30] });
    const fragments = firstCall(run).segments.map((segment) => parseFrame(segment.bytes ?? new Uint8Array())?.fragment);
    expect(fragments.map((fragment) => [fragment?.offset, fragment?.more])).toEqual([
      [0, true],
      [16, true],
      [32, false],
    ]);
  });

  test.each(["ipv4", "ipv6"] as const)("checksums over %s are as the options say", (family) => {
    const state = (options: SampleOptions): string => {
      const bytes = segmentOf(sampleRun({ family, ...options }), 1).bytes ?? new Uint8Array();
      const parsed = parseFrame(bytes);
      return parsed === undefined ? "unreadable" : udpChecksumState(bytes, parsed);
    };
    expect(state({})).toBe("ok");
    expect(state({ zeroChecksum: true })).toBe("zero");
    expect(state({ gso: "udp-l4", payloads: [13], gsoSize: 5 })).toBe("partial");
    expect(state({ gso: "udp-l4", payloads: [13], gsoSize: 5, features: NETIF_F_SG })).toBe("ok");
  });

  test("its recipe is one that the parser takes", () => {
    const { recipe } = sampleRun({ gso: "ufo", family: "ipv4" });
    expect(recipeParser.parse(recipe)).toEqual(recipe);
  });
});

describe("bend", () => {
  test("changes a copy and shares nothing with the original or within itself", () => {
    const run = sampleRun();
    const bent = bend(run, (r) => poke(segmentOf(r, 0), 0, 0xaa));
    expect(segmentOf(bent, 0).bytes?.[0]).toBe(0xaa);
    expect(segmentOf(bent, 0).linear[0]).toBe(0xaa);
    expect(segmentOf(run, 0).bytes?.[0]).toBe(0x33);
    expect(bent.holders[0]?.frames[0]?.bytes?.[0]).toBe(0x33);
  });

  test("asking for what is not there is an error of the test", () => {
    expect(() => segmentOf(sampleRun(), 9)).toThrow("no segment 9");
    expect(() => firstCall(bend(sampleRun(), (r) => void (r.calls = [])))).toThrow("no segmentation call");
  });
});

test("sampleView is a whole packet with the fields given", () => {
  const view = sampleView({ mark: 7 });
  expect(view.mark).toBe(7);
  expect(view.len).toBe(view.bytes?.length);
});

test("sampleRecipe starts from the least recipe", () => {
  const recipe = sampleRecipe((r) => void (r.packet.family = "ipv4"));
  expect([recipe.packet.family, recipe.packet.gso, recipe.holders.length]).toEqual(["ipv4", "fraglist", 1]);
});
