import { describe, expect, test } from "vitest";
import {
  NETIF_F_FRAGLIST,
  NETIF_F_GSO_FRAGLIST,
  NETIF_F_GSO_PARTIAL,
  NETIF_F_GSO_UDP_L4,
  NETIF_F_SG,
  SKB_GSO_DODGY,
  SKB_GSO_PARTIAL,
  SKB_GSO_UDP_L4,
} from "../../abi/features.js";
import type { SkbView } from "../../recipe/Run.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend, type Mutable, sampleRun } from "../testing/sampleRun.js";
import { deviceGivenWhatItDeclared } from "./deviceGivenWhatItDeclared.js";

const sent = (features: number, change: (view: Mutable<SkbView>) => void, gso: "fraglist" | "udp-l4" = "udp-l4") =>
  bend(sampleRun({ gso }), ({ holders, packet }) => {
    const [holder] = holders;
    const [frame] = holder?.frames ?? [];
    if (holder === undefined || frame === undefined || packet.view === undefined) return;
    holder.features = features;
    holder.frames = [{ ...frame, view: packet.view }];
    change(packet.view);
  });

describe("device-given-what-it-declared", () => {
  test("holds for plain segments", () => {
    expect(judge(deviceGivenWhatItDeclared, sampleRun({ gso: "udp-l4" }))).toBe("holds");
  });
  test("holds for a packet that the device takes whole, DODGY or not", () => {
    const run = sent(NETIF_F_SG | NETIF_F_GSO_UDP_L4, ({ shinfo }) => {
      shinfo.gsoType |= SKB_GSO_DODGY;
    });
    expect(judge(deviceGivenWhatItDeclared, run)).toBe("holds");
  });
  test("is broken by a type, a list, fragments that it did not ask for", () => {
    expect(
      judge(
        deviceGivenWhatItDeclared,
        sent(NETIF_F_SG, () => {}),
      ),
    ).toEqual(["gso_type (udp-l4)"]);
    const listed = sent(NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_FRAGLIST, () => {}, "fraglist");
    expect(judge(deviceGivenWhatItDeclared, listed)).toEqual(["frag_list (fraglist)"]);
    expect(
      judge(
        deviceGivenWhatItDeclared,
        sent(NETIF_F_GSO_UDP_L4, () => {}),
      ),
    ).toEqual(["frags (udp-l4)"]);
  });
  test("takes a partial packet for what GSO_PARTIAL allows", () => {
    const partial = (features: number) =>
      sent(features, ({ shinfo }) => {
        shinfo.gsoType = SKB_GSO_UDP_L4 | SKB_GSO_PARTIAL;
      });
    expect(judge(deviceGivenWhatItDeclared, partial(NETIF_F_SG | NETIF_F_GSO_PARTIAL))).toBe("holds");
    expect(judge(deviceGivenWhatItDeclared, partial(NETIF_F_SG | NETIF_F_FRAGLIST))).toEqual(["gso_type (udp-l4)"]);
  });
  test("does not apply without a port", () => {
    expect(judge(deviceGivenWhatItDeclared, floodRun({ exits: ["local", "tap"] }))).toBe("not-applicable");
  });
});
