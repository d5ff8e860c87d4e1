/** IP forwarding from A to B, with or without address translation. */

import type { Netns } from "../../../../net/core/Netns.js";
import { IPPROTO_TCP } from "../../../../wire/tcp.js";
import { IPPROTO_UDP } from "../../../../wire/udp.js";
import { ip4, ip6, mac, prefix, RECEIVER_MAC, SENDER_MAC } from "./addresses.js";
import { Lab, type TapOptions } from "./Lab.js";
import type { Wiring } from "./Wiring.js";

/**
 * The flow label of the namespace's own IPv6 packets: a hash with a secret that the recorded kernel drew when it booted,
 * the same in all recordings.
 */
const RECORDED_FLOW_LABEL = 0x815b6;

export interface RouteOptions {
  readonly tapA?: TapOptions;
  readonly mtuOfB?: number;
  readonly nat?: boolean;
}

export const routed =
  ({ tapA = {}, mtuOfB = 1500, nat = false }: RouteOptions = {}): Wiring =>
  (bench) => {
    const lab = new Lab(bench, { ipv4Forwarding: true, ipv6Forwarding: true, flowLabel: RECORDED_FLOW_LABEL });
    lab.addTap("A", {
      ...tapA,
      config: { address: mac(0xaa), ipv4: [prefix("10.0.0.254/24")], ipv6: [prefix("fd00::254/64")] },
    });
    lab.addEgressTaps({
      mtu: mtuOfB,
      config: { address: mac(0xbb), ipv4: [prefix("10.1.0.254/24")], ipv6: [prefix("fd01::254/64")] },
    });
    lab.net.addNeighbour(ip4("10.0.0.1"), SENDER_MAC);
    lab.net.addNeighbour(ip6("fd00::1"), SENDER_MAC);
    lab.net.addNeighbour(ip4("10.1.0.2"), RECEIVER_MAC);
    lab.net.addNeighbour(ip6("fd01::2"), RECEIVER_MAC);
    if (nat) addTranslations(lab.net);
    return lab;
  };

function addTranslations({ translations }: Netns): void {
  for (const proto of [IPPROTO_UDP, IPPROTO_TCP]) {
    translations.push({
      hook: "prerouting",
      proto,
      daddr: ip4("10.9.9.9"),
      dport: 2000,
      to: ip4("10.1.0.2"),
      port: 3000,
    });
  }
  translations.push(
    { hook: "prerouting", proto: IPPROTO_UDP, daddr: ip6("fd09::9"), dport: 2000, to: ip6("fd01::2"), port: 3000 },
    {
      hook: "postrouting",
      proto: IPPROTO_UDP,
      saddr: ip4("10.0.0.1"),
      sport: 1000,
      to: ip4("10.1.0.254"),
      port: 1000,
    },
  );
}
