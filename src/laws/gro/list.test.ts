import { describe, expect, test } from "vitest";
import { describeLaws } from "../testing/describeLaws.js";
import { type GroOptions, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mangle } from "../testing/mangle.js";
import { sampleRun } from "../testing/sampleRun.js";
import { groLaws } from "./list.js";

const honest: readonly GroOptions[] = (["ipv4", "ipv6"] as const).flatMap((family): GroOptions[] => [
  { family },
  { family, payloads: [100, 100, 100, 40] },
  { family, payloads: [8, 8, 9], merged: 2 },
  { family, gso: "udp-l4", payloads: [7, 7, 7] },
  { family, gso: "tcp", payloads: [8, 8, 3], tcpFlags: 0x19 },
  { family, gso: "tcp", payloads: [8, 8, 8, 8], merged: 3 },
  { family, gso: "tcp-fraglist", payloads: [8, 8, 8] },
  { family, gso: "tcp", payloads: [8, 8], tunnel: "vxlan", outerChecksum: true },
  { family, gso: "tcp", payloads: [8, 5], tunnel: "ip" },
  { family, gso: "tcp", payloads: [8, 8], tunnel: "gre", outerChecksum: true },
]);
/** What a plain batch keeps, or does not come to. */
const LEFT_OPEN = "plain-flow-merged";

describeLaws("groLaws", groLaws);

describe("on batches of frames", () => {
  test.each(honest)("none is broken by an honest one: %j", (options) => {
    const run = groRun(options);
    const broken = groLaws.flatMap((law) => {
      const verdict = judge(law, run);
      // Three equal frames of which only two were merged are what that law is against.
      const isMeant = law.name === LEFT_OPEN && options.merged !== undefined;
      return typeof verdict === "string" || isMeant ? [] : [`${law.name}: ${verdict.join(", ")}`];
    });
    expect(broken).toEqual([]);
  });

  test("each applies to one of them", () => {
    const idle = groLaws.filter((law) => honest.every((options) => judge(law, groRun(options)) === "not-applicable"));
    expect(idle.map(({ name }) => name)).toEqual([]);
  });

  test("none applies to a packet that came otherwise", () => {
    expect(groLaws.filter((law) => judge(law, sampleRun()) !== "not-applicable")).toEqual([]);
  });

  test("all come to a verdict on mangled ones, with places that name no number of the run", () => {
    const places = new Set<string>();
    for (let round = 0; round < 400; round += 1) {
      const run = mangle(groRun(honest[round % honest.length]), round, 3 + (round % 40));
      for (const law of groLaws) {
        const verdict = judge(law, run);
        if (typeof verdict !== "string") for (const place of verdict) places.add(place);
      }
    }
    expect([...places].filter((place) => /(?<![A-Za-z_])\d/.test(place))).toEqual([]);
    expect(places.size).toBeGreaterThan(20);
  });
});
