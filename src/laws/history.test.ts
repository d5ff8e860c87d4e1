import { describe, expect, test } from "vitest";
import { SKB_GSO_IPXIP4 } from "../abi/features.js";
import { concat } from "../bytes/concat.js";
import { historyOf, originalLayer, packetLayer, transportPayload } from "./history.js";
import { groRun } from "./testing/groRun.js";
import { sampleTunnel } from "./testing/sampleFrames.js";
import { bend, sampleRun } from "./testing/sampleRun.js";

describe("historyOf", () => {
  test("is what the engine says, for a packet that was laid out", () => {
    const run = sampleRun();
    expect(historyOf(run)).toBe(run.packet);
  });
  test("counts of the frames that arrived those that the packet was made of", () => {
    const { datagrams, originals } = historyOf(groRun({ payloads: [5, 5, 6], merged: 2 }));
    expect(datagrams.map(({ length }) => length)).toEqual([5, 5]);
    expect(originals.map(({ length }) => length)).toEqual([67, 67]);
  });
});

describe("originalLayer", () => {
  const put = (run: ReturnType<typeof groRun>) =>
    bend(run, ({ packet }) => {
      if (packet.view !== undefined) packet.view.shinfo.gsoType |= SKB_GSO_IPXIP4;
    });
  test("does not look for a tunnel that was put around the packet later", () => {
    const { datagrams, originals } = historyOf(put(groRun({ payloads: [5, 6] })));
    expect(datagrams.map(({ length }) => length)).toEqual([5, 6]);
    expect(originalLayer(put(sampleRun()), originals[0] ?? new Uint8Array())?.l4Offset).toBe(54);
  });
  test("is the innermost of frames that came in a tunnel", () => {
    const { datagrams } = historyOf(groRun({ payloads: [5, 6], gso: "tcp", tunnel: "vxlan" }));
    expect(datagrams.map(({ length }) => length)).toEqual([5, 6]);
  });
});

test("transportPayload leaves padding out", () => {
  const [frame = new Uint8Array()] = historyOf(groRun()).originals;
  expect(transportPayload(concat([frame, new Uint8Array(6)]), 0)).toHaveLength(5);
  expect(transportPayload(frame.subarray(0, 20), 0)).toHaveLength(0);
});

test("packetLayer finds the packet's own layer in a tunnel that was put around it later", () => {
  const run = sampleRun();
  const [original = new Uint8Array()] = run.packet.originals;
  expect(packetLayer(run, original)?.l4Offset).toBe(54);
  expect(packetLayer(run, sampleTunnel("vxlan", original, { id: 1, checksum: false }))?.l4Offset).toBe(104);
});
