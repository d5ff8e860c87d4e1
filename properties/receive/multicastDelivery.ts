/** Local delivery to several sockets, each with a clone. Kernel: __udp4_lib_mcast_deliver, udp_queue_rcv_skb. */
import { flood } from "../../src/arbitraries/flood.js";
import { property } from "../../src/runner/property.js";
import { everyLaw } from "../lawSets.js";

export const multicastDelivery = property({
  name: "receive/multicast-delivery",
  says: "Every listener of a multicast group gets each datagram once.",
  recipes: flood({ exits: ["local"], holders: { min: 1, max: 3 }, failures: 0 }),
  laws: everyLaw,
});
