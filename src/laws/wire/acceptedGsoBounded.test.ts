import { describe, expect, test } from "vitest";
import { SKB_GSO_DODGY } from "../../abi/features.js";
import type { Run } from "../../recipe/Run.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { acceptedGsoBounded } from "./acceptedGsoBounded.js";

const tap = (change: (run: Mutable<Run>) => void = () => {}) =>
  bend(sampleRun({ gso: "udp-l4", payloads: [20, 20] }), (run) => {
    run.packet.arrival = "accepted";
    const { view } = run.packet;
    if (view !== undefined) Object.assign(view.shinfo, { gsoType: view.shinfo.gsoType | SKB_GSO_DODGY, gsoSegs: 0 });
    change(run);
  });

describe("accepted-gso-bounded", () => {
  test("holds", () => {
    expect(judge(acceptedGsoBounded, tap())).toBe("holds");
  });
  test("is broken by trust, by a count that nobody can know, by a size that means something else", () => {
    const run = tap(
      ({ packet }) => void Object.assign(packet.view?.shinfo ?? {}, { gsoType: 1 << 17, gsoSegs: 2, gsoSize: 0xffff }),
    );
    expect(judge(acceptedGsoBounded, run)).toEqual(["DODGY", "gso_segs", "gso_size", "payload"]);
  });
  test("is broken by a packet of one segment", () => {
    expect(
      judge(
        acceptedGsoBounded,
        tap(({ packet }) => void Object.assign(packet.view?.shinfo ?? {}, { gsoSize: 40 })),
      ),
    ).toEqual(["payload"]);
  });
  test("does not apply to other arrivals, nor after somebody changed the packet", () => {
    const changed = tap(({ recipe }) => void (recipe.middle = [{ do: "linearize", bytes: 0 }]));
    expect([sampleRun(), changed].map((run) => judge(acceptedGsoBounded, run))).toEqual([
      "not-applicable",
      "not-applicable",
    ]);
  });
});
