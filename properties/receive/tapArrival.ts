/** Frames written into a tap with a virtio_net_hdr. Kernel: tun_get_user, virtio_net_hdr_to_skb. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const tapArrival = property({
  name: "receive/tap-arrival",
  says: "A frame that a tap accepts leaves whole, in pieces that add up to it, or not at all.",
  recipes: flood({ arrival: "tap", gso: ["udp-l4", "ufo", "none"], switches: 0, failures: 0 }),
  laws: everyLaw,
});
