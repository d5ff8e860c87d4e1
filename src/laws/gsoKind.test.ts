import { describe, expect, test } from "vitest";
import { gsoKind, kindSuffix, plainKind } from "./gsoKind.js";
import { floodRun } from "./testing/floodRun.js";
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
  test("tells TCP, lists of it, and SCTP from UDP", () => {
    const kinds = (["tcp", "tcp-fraglist", "sctp"] as const).map((gso) => gsoKind(sampleRun({ gso })));
    expect(kinds).toEqual(["tcp", "tcp-fraglist", "sctp"]);
  });
  test("names the tunnel around the packet, and the one that a device puts there", () => {
    expect(gsoKind(sampleRun({ gso: "udp-l4", tunnel: "gre" }))).toBe("udp-l4 in a tunnel");
    const sent = floodRun({ exits: ["vxlan", "port"] });
    expect([gsoKind(sent, 0), gsoKind(sent, 1)]).toEqual(["fraglist in a tunnel", "fraglist"]);
    expect(gsoKind(floodRun({ exits: ["vxlan"], tunnel: "ip" }), 0)).toBe("fraglist in tunnels");
  });
  test("is the same by whichever way the packet went, but for a tunnel", () => {
    const run = floodRun({ exits: ["route", "veth", "loopback", "local"], gso: "tcp" });
    expect([0, 1, 2, 3].map((i) => gsoKind(run, i))).toEqual(["tcp", "tcp", "tcp", "tcp"]);
  });
  test("is left out of places where there was but plain UDP once", () => {
    expect([sampleRun(), sampleRun({ gso: "ufo" }), sampleRun({ gso: "tcp" })].map((run) => kindSuffix(run))).toEqual([
      "",
      "",
      " (tcp)",
    ]);
    expect([sampleRun(), sampleRun({ gso: "tcp" })].map((run) => plainKind(run))).toEqual([" (fraglist)", ""]);
  });
  test("is the recipe's word when the packet was refused", () => {
    const refused = bend(sampleRun(), ({ packet }) => {
      packet.view = undefined;
    });
    expect(gsoKind(refused)).toBe("fraglist");
  });
});
