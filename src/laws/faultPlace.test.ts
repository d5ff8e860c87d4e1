import { describe, expect, test } from "vitest";
import { faultPlace } from "./faultPlace.js";
import { floodRun } from "./testing/floodRun.js";
import { sampleRun } from "./testing/sampleRun.js";

const run = sampleRun({ listPath: true });
const fault = { kind: "BUG", id: "pull", holder: 0, values: {} } as const;

describe("faultPlace", () => {
  test("names the primitive that stopped with its first caller that is none", () => {
    const site = ["__skb_pull", "skb_pull", "udpv6_queue_rcv_skb", "udp_rcv"];
    expect(faultPlace(run, { ...fault, site })).toBe("BUG(pull) in __skb_pull from udpv6_queue_rcv_skb (fraglist)");
  });

  test("names a segmentation function alone", () => {
    expect(faultPlace(run, { ...fault, site: ["skb_segment", "__udp_gso_segment"] })).toBe(
      "BUG(pull) in skb_segment (fraglist)",
    );
  });

  test("names the kind with what the holder did with it", () => {
    const routed = floodRun({ exits: ["route"], gso: "tcp" });
    expect(faultPlace(routed, { ...fault, site: ["skb_segment"] })).toBe("BUG(pull) in skb_segment (tcp)");
  });

  test("says so when nothing is known", () => {
    expect(faultPlace(run, { ...fault, site: [] })).toBe("BUG(pull) in an unknown function (fraglist)");
  });
});
