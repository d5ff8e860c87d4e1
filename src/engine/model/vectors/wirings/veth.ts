/** A bridge, a veth pair, another bridge: a super-frame is cut at one end of the pair and merged again at the other. */
import { type VethOffload, vethPair } from "../../../../net/drivers/veth.js";
import { Lab, receiveOffload } from "./Lab.js";
import type { Wiring } from "./Wiring.js";

export const vethBetweenBridges =
  (merge: "list" | "fwd", alsoOff: readonly VethOffload[] = []): Wiring =>
  (bench) => {
    const lab = new Lab(bench);
    const { net } = lab;
    const [addressOf0, addressOf1] = [lab.anyMac(), lab.anyMac()];
    const [v0, v1] = vethPair(
      bench.k,
      {
        name: "v0",
        off: ["tso", "tx-udp-segmentation", ...alsoOff],
        own: { net, address: addressOf0 },
        deliver: lab.receive,
      },
      { name: "v1", own: { net, address: addressOf1, receive: receiveOffload(merge) }, deliver: lab.receive },
    );
    net.addInterface(v0.device, { address: addressOf0 });
    net.addInterface(v1.device, { address: addressOf1 });
    lab.addBridge("br0", [lab.addTap("A"), v0.device]);
    lab.addBridge("br1", [v1.device, ...lab.addEgressTaps()]);
    lab.whenRaised(v0.poll, v1.poll);
    return lab;
  };
