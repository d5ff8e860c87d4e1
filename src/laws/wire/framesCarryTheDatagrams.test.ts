import { describe, expect, test } from "vitest";
import { NETIF_F_GSO_PARTIAL, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { framesCarryTheDatagrams } from "./framesCarryTheDatagrams.js";

describe("frames-carry-the-datagrams", () => {
  test("holds on the list path, on the generic path, for partial packets", () => {
    expect(judge(framesCarryTheDatagrams, sampleRun())).toBe("holds");
    expect(judge(framesCarryTheDatagrams, sampleRun({ payloads: [7, 3, 9] }))).toBe("holds");
    expect(judge(framesCarryTheDatagrams, sampleRun({ gso: "udp-l4" }))).toBe("holds");
    const features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_GSO_PARTIAL;
    const partial = sampleRun({ gso: "udp-l4", payloads: [4, 4, 4, 4, 2], partialSegs: 2, features });
    expect(judge(framesCarryTheDatagrams, partial)).toBe("holds");
  });
  test("is broken by a frame lost, twice there, in the wrong order, or no UDP at all", () => {
    const bent = (change: (frames: unknown[]) => void) =>
      judge(
        framesCarryTheDatagrams,
        bend(sampleRun(), ({ holders }) => change(holders[0]?.frames ?? [])),
      );
    expect(bent((frames) => frames.pop())).toEqual(["too few datagrams (fraglist)"]);
    expect(bent((frames) => frames.push(frames[0]))).toEqual(["too many datagrams (fraglist)"]);
    expect(bent((frames) => frames.splice(0, 2, frames[1], frames[0]))).toEqual(["payload (fraglist)"]);
    expect(bent((frames) => frames.reverse())).toEqual(["length (fraglist)"]);
    expect(bent((frames) => Object.assign(frames[1] as object, { bytes: undefined }))).toEqual([
      "unreadable (fraglist)",
    ]);
  });
  test("does not apply to fragments, to a list that left whole, after operations, or without a port", () => {
    expect(judge(framesCarryTheDatagrams, sampleRun({ gso: "ufo" }))).toBe("not-applicable");
    expect(judge(framesCarryTheDatagrams, floodRun({ exits: ["local"] }))).toBe("not-applicable");
    const whole = bend(sampleRun(), ({ holders, packet }) => {
      const [frame] = holders[0]?.frames ?? [];
      if (frame !== undefined && packet.view !== undefined) holders[0]!.frames = [{ ...frame, view: packet.view }];
    });
    expect(judge(framesCarryTheDatagrams, whole)).toBe("not-applicable");
    const trimmed = bend(sampleRun(), ({ recipe, holders }) => {
      for (const holder of recipe.holders) holder.before = [{ do: "trim", bytes: 1 }];
      holders[0]?.frames.pop();
    });
    expect(judge(framesCarryTheDatagrams, trimmed)).toBe("not-applicable");
  });
  test("does not ask for uneven datagrams of a packet that is no longer taken apart as a list", () => {
    const run = bend(sampleRun({ payloads: [7, 3, 9] }), ({ packet, holders }) => {
      if (packet.view !== undefined) packet.view.shinfo.gsoType |= 2;
      holders[0]?.frames.pop();
    });
    expect(judge(framesCarryTheDatagrams, run)).toBe("not-applicable");
  });
});
