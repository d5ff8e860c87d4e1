/** Tap A on a bridge with other taps, one to four; A may have receive offload, and the bridge itself sockets. */
import { UdpSock } from "../../../../net/ipv4/UdpSock.js";
import { kfreeSkb } from "../../../../skb/free.js";
import { skbHeaderBytes } from "../../../../skb/read.js";
import { ip4, ip6, prefix } from "./addresses.js";
import { Lab, type TapOptions } from "./Lab.js";
import type { ReadableSocket, Wiring } from "./Wiring.js";

/** A, then the others, on one bridge. */
export const bridged =
  (tapA: TapOptions = {}, others: TapOptions = {}): Wiring =>
  (bench) => {
    const lab = new Lab(bench);
    lab.addBridge("br0", [lab.addTap("A", tapA), ...lab.addEgressTaps(others)]);
    return lab;
  };

const GROUP4 = ip4("239.1.2.3");
const GROUP6 = ip6("ff12::1234");
const PORT = 2000;

/** The bridge has addresses, and two sockets of each family have joined a group on it. */
export const bridgedWithSockets =
  (tapA: TapOptions): Wiring =>
  (bench) => {
    const lab = new Lab(bench);
    const config = { address: lab.anyMac(), ipv4: [prefix("10.0.0.99/24")], ipv6: [prefix("fd00::99/64")] };
    lab.addBridge("br0", [lab.addTap("A", tapA), ...lab.addEgressTaps()], config);
    for (const [name, group] of [
      ["mc4-0", GROUP4],
      ["mc4-1", GROUP4],
      ["mc6-0", GROUP6],
      ["mc6-1", GROUP6],
    ] as const) {
      const sk = new UdpSock(name, ORDINARY);
      lab.net.bindUdp(sk, new Uint8Array(group.length), PORT, [group]);
      lab.sockets.set(name, readable(sk));
    }
    return lab;
  };

const ORDINARY = { acceptsL4: false, acceptsFraglist: false, convertsChecksum: false, filters: false };

/** @kernel udp_recvmsg net/ipv4/udp.c, as far as bytes go */
function readable(sk: UdpSock): ReadableSocket {
  return {
    receive() {
      const payloads: Uint8Array[] = [];
      for (let skb = sk.dequeue(); skb !== undefined; skb = sk.dequeue()) {
        payloads.push(skbHeaderBytes(skb, 0, skb.len) ?? new Uint8Array());
        kfreeSkb(skb);
      }
      return payloads;
    },
  };
}
