import { describe, expect, test } from "vitest";
import { gsoKind } from "./gsoKind.js";
import { bend, sampleRun } from "./testing/sampleRun.js";

describe("gsoKind", () => {
  test("is told by the packet, not by what the recipe wished for", () => {
    expect((["fraglist", "udp-l4", "ufo"] as const).map((gso) => gsoKind(sampleRun({ gso })))).toEqual([
      "fraglist",
      "udp-l4",
      "ufo",
    ]);
    const plain = bend(sampleRun(), ({ packet }) => {
      if (packet.view !== undefined) packet.view.shinfo.gsoSize = 0;
    });
    expect(gsoKind(plain)).toBe("none");
  });
  test("is the recipe's word when the packet was refused", () => {
    const refused = bend(sampleRun(), ({ packet }) => {
      packet.view = undefined;
    });
    expect(gsoKind(refused)).toBe("fraglist");
  });
});
