import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mainline } from "../../../kernel/Kernel.js";
import { kernelFor } from "../../../kernel/kernelFor.js";
import { divergencesParser } from "./divergences.js";
import { type VectorRecord, vectorRecordParser } from "./record.js";
import { runVector, whyNotModelled } from "./runVector.js";

const records = readFileSync("corpus/linux/kernel-6.18.jsonl", "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => vectorRecordParser.parse(JSON.parse(line)));
const divergences = divergencesParser.parse(JSON.parse(readFileSync("corpus/linux/divergences.json", "utf8")));
const diverges = new Set(divergences.map(({ id }) => id));

const topologies = [...new Set(records.map(({ topology }) => topology))];

describe("recorded cases of kernel 6.18", () => {
  test("all 1252 of them can be carried out", () => {
    expect(records).toHaveLength(1252);
    expect(records.map(whyNotModelled).filter((why) => why !== undefined)).toEqual([]);
  });

  test.each(topologies)("every case of %s comes out byte for byte", (topology) => {
    const failed = records
      .filter((record) => record.topology === topology && !diverges.has(record.id))
      .map((record) => runVector(record, mainline))
      .filter(({ passed }) => !passed);
    expect(failed).toEqual([]);
  });

  test("the listed divergences are fewer than two in a hundred, each of a recorded case that does differ", () => {
    expect(divergences.length).toBeLessThan(records.length / 50);
    const passed = divergences.filter(({ id }) => {
      const record = records.find((one) => one.id === id);
      return record === undefined || runVector(record, mainline).passed;
    });
    expect(passed).toEqual([]);
  });

  test("a topology that nobody wired is named", () => {
    const strange = { ...(records[0] as VectorRecord), topology: "ring" };
    expect(whyNotModelled(strange)).toBe("topology ring");
    expect(runVector(strange, mainline)).toMatchObject({ passed: false, differences: ["unknown topology ring"] });
  });
});

describe("a kernel with a fault", () => {
  const failedBy = (bug: string): string[] => {
    const kernel = kernelFor(undefined, [bug]);
    const cases = records.filter(({ id }) => !diverges.has(id));
    return [...new Set(cases.filter((record) => !runVector(record, kernel).passed).map(({ topology }) => topology))];
  };

  test("that does not un-clone the head of a list fails where lists are flooded", () => {
    const topologies = failedBy("fraglist-head-not-uncloned");
    expect(topologies).toContain("gro-list-flood");
    expect(topologies).not.toContain("bridge-flood");
    expect(topologies).not.toContain("gro-list");
  });

  test("that makes fragments of untrusted datagrams fails on a plain bridge", () => {
    expect(failedBy("udp-gso-dodgy-fallthrough")).toContain("bridge");
  });
});

describe("a bent record", () => {
  // Its second frame is long enough to be bent behind all headers.
  const good = records.find(
    ({ topology, out }) => topology === "bridge" && (out["B"]?.[1]?.frame.length ?? 0) > 2 * 60,
  ) as VectorRecord;
  const bent = (bend: (copy: VectorRecord) => void, from = good): readonly string[] => {
    const copy = structuredClone(from);
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
      frame.frame = withOtherByte(frame.frame, 44);
    });
    expect(line).toMatch(
      /^port B frame 1: \d+ bytes expected, \d+ got; at byte 44 expected [0-9a-f ]+, got [0-9a-f ]+$/,
    );
    expect(rest).toEqual([]);
  });

  test("a byte that the kernel chose at random is not compared", () => {
    const differences = bent((copy) => {
      const frame = frameOf(copy, 1) as { frame: string; varies?: [number, number][] };
      frame.frame = withOtherByte(frame.frame, 44);
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

  test("a port that is not wired", () => {
    expect(
      bent((copy) => {
        copy.out["Z"] = [];
      }),
    ).toEqual(["port Z: there is none"]);
  });

  test("another length in a queue", () => {
    const merged = records.find(({ topology }) => topology === "gro-list") as VectorRecord;
    const [line] = bent((copy) => copy.queued?.["tapB"]?.push(99), merged);
    expect(line).toMatch(/^queue of tapB: expected lengths [0-9 ]+ 99, got [0-9 ]+$/);
  });

  test("another datagram of a socket, one too many, and a socket that is not wired", () => {
    const multicast = records.find(({ sockets }) => (sockets?.["mc4-0"]?.length ?? 0) > 0) as VectorRecord;
    const differences = bent((copy) => {
      const datagrams = copy.sockets?.["mc4-0"] ?? [];
      datagrams[0] = withOtherByte(datagrams[0] ?? "", 3);
      datagrams.push("00");
      Object.assign(copy.sockets ?? {}, { tcp: [] });
    }, multicast);
    expect(differences).toEqual([
      expect.stringMatching(/^socket mc4-0: expected \d+ datagrams, got \d+$/),
      expect.stringMatching(/^socket mc4-0 datagram 0: \d+ bytes expected, \d+ got; at byte 3 /),
      "socket tcp: there is none",
    ]);
  });
});

/** The text with another byte at that place. */
const withOtherByte = (hexadecimal: string, at: number): string =>
  hexadecimal.slice(0, 2 * at) +
  (hexadecimal.slice(2 * at, 2 * at + 2) === "ff" ? "00" : "ff") +
  hexadecimal.slice(2 * at + 2);
