/** A bridge over A and a VXLAN device, whose packets leave through B. */
import { vxlanDevice } from "../../../../net/drivers/vxlan.js";
import { ip4, ip6, mac, prefix } from "./addresses.js";
import { Lab, type TapOptions } from "./Lab.js";
import type { Wiring } from "./Wiring.js";

const REMOTE_MAC = mac(0xcc);
const [LOCAL4, REMOTE4] = [ip4("192.0.2.1"), ip4("192.0.2.2")];
const [LOCAL6, REMOTE6] = [ip6("fd01::1"), ip6("fd01::2")];

export interface VxlanOptions {
  readonly outer: 4 | 6;
  /** The outer UDP checksum is on. */
  readonly csum: boolean;
  readonly tapA?: TapOptions;
}

export const vxlanOverB =
  ({ outer, csum, tapA = {} }: VxlanOptions): Wiring =>
  (bench) => {
    const lab = new Lab(bench);
    const { net } = lab;
    const config = { address: mac(0xbb), ipv4: [prefix("192.0.2.1/24")], ipv6: [prefix("fd01::1/64")] };
    lab.addEgressTaps({ mtu: 1600, config });
    net.addNeighbour(REMOTE4, REMOTE_MAC);
    net.addNeighbour(REMOTE6, REMOTE_MAC);

    const address = lab.anyMac();
    const vx0 = vxlanDevice(
      bench.k,
      net,
      "vx0",
      {
        vni: 42,
        local: outer === 4 ? LOCAL4 : LOCAL6,
        remote: outer === 4 ? REMOTE4 : REMOTE6,
        dstPort: 4789,
        srcPort: 50_000,
        ttl: 64,
        udpCsum: csum,
      },
      { address },
    );
    net.addInterface(vx0, { address });
    lab.addBridge("br0", [lab.addTap("A", tapA), vx0]);
    return lab;
  };
