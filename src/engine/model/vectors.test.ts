import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mainline } from "../../kernel/Kernel.js";
import { kernelFor } from "../../kernel/kernelFor.js";
import { type VectorRecord, vectorRecordParser } from "./vectorRecord.js";
import { runVector, whyNotModelled } from "./vectors.js";

const records = readFileSync("corpus/linux/kernel-6.18.jsonl", "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => vectorRecordParser.parse(JSON.parse(line)));
const modelled = records.filter((record) => whyNotModelled(record) === undefined);

describe("recorded cases of kernel 6.18", () => {
  test("288 of them can be carried out, on both wirings", () => {
    expect(modelled).toHaveLength(288);
    expect(new Set(modelled.map(({ topology }) => topology))).toEqual(new Set(["bridge", "bridge-flood"]));
  });

  test("every one of them comes out byte for byte", () => {
    const failed = modelled.map((record) => runVector(record, mainline)).filter(({ passed }) => !passed);
    expect(failed).toEqual([]);
  });

  test("a kernel without the head's un-clone still passes: taps know no lists", () => {
    const kernel = kernelFor(undefined, ["fraglist-head-not-uncloned"]);
    expect(modelled.filter((record) => !runVector(record, kernel).passed)).toEqual([]);
  });

  test("a kernel that makes fragments of untrusted datagrams does not pass", () => {
    const kernel = kernelFor(undefined, ["udp-gso-dodgy-fallthrough"]);
    expect(modelled.filter((record) => !runVector(record, kernel).passed)).not.toEqual([]);
  });

  test("the others say why not", () => {
    const reasons = records.map(whyNotModelled).filter((why) => why !== undefined);
    expect(reasons).toHaveLength(records.length - 288);
    for (const why of reasons) expect(why).toMatch(/^(topology [a-z0-9-]+|TCP segmentation)$/);
  });
});

describe("a bent record", () => {
  const good = modelled.find(({ out }) => (out["B"]?.length ?? 0) >= 2) as VectorRecord;
  const bent = (bend: (copy: VectorRecord) => void): readonly string[] => {
    const copy = structuredClone(good);
    bend(copy);
    const outcome = runVector(copy, mainline);
    expect(outcome.passed).toBe(outcome.differences.length === 0);
    return outcome.differences;
  };
  const frameOf = (copy: VectorRecord, i: number) =>
    (copy.out["B"] as NonNullable<(typeof copy.out)[string]>)[i] as { frame: string };

  test("the record that is bent here is right as it is", () => {
    expect(bent(() => {})).toEqual([]);
  });

  test("another byte: the line names port, frame and byte", () => {
    const [line, ...rest] = bent((copy) => {
      const frame = frameOf(copy, 1);
      frame.frame = `${frame.frame.slice(0, 2 * 44)}${frame.frame.slice(88, 90) === "ff" ? "00" : "ff"}${frame.frame.slice(90)}`;
    });
    expect(line).toMatch(
      /^port B frame 1: \d+ bytes expected, \d+ got; at byte 44 expected [0-9a-f ]+, got [0-9a-f ]+$/,
    );
    expect(rest).toEqual([]);
  });

  test("a byte that the kernel chose at random is not compared", () => {
    const differences = bent((copy) => {
      const frame = frameOf(copy, 1) as { frame: string; varies?: [number, number][] };
      frame.frame = `${frame.frame.slice(0, 88)}${frame.frame.slice(88, 90) === "ff" ? "00" : "ff"}${frame.frame.slice(90)}`;
      frame.varies = [[44, 1]];
    });
    expect(differences).toEqual([]);
  });

  test("a frame too few", () => {
    const count = good.out["B"]?.length ?? 0;
    expect(bent((copy) => copy.out["B"]?.pop())).toEqual([`port B: expected ${count - 1} frames, got ${count}`]);
  });

  test("a shorter frame", () => {
    const [line] = bent((copy) => {
      const frame = frameOf(copy, 0);
      frame.frame = frame.frame.slice(0, -2);
    });
    expect(line).toMatch(/^port B frame 0: (\d+) bytes expected, (\d+) got; at byte \1 /);
  });

  test("another field of the virtio_net_hdr", () => {
    const [line] = bent((copy) => {
      const frame = frameOf(copy, 0) as unknown as { vnet: { gsoSize: number } };
      frame.vnet.gsoSize += 1;
    });
    expect(line).toMatch(/^port B frame 0: vnet gsoSize: expected \d+, got \d+$/);
  });

  test("another answer to the write", () => {
    expect(
      bent((copy) => {
        copy.write[0] = "EINVAL";
      }),
    ).toEqual(["write 0: expected EINVAL, got ok"]);
  });
});
