/** What the wirings are built of: one network namespace with taps, bridges, and a program that writes into tap A. */

import { Bridge } from "../../../../net/bridge/Bridge.js";
import { brAddIf } from "../../../../net/bridge/brInput.js";
import { Napi } from "../../../../net/core/gro/napi.js";
import { type NetDevice, NO_RECEIVE_OFFLOAD, netDevice, type ReceiveFeatures } from "../../../../net/core/NetDevice.js";
import { type InterfaceConfig, Netns, type NetnsOptions } from "../../../../net/core/Netns.js";
import { netifReceive } from "../../../../net/core/netif.js";
import {
  type TapRead,
  TUN_HW_ENC_FEATURES,
  TUN_VLAN_OFFLOADS,
  tunFeatures,
  tunGetUser,
  tunNetXmit,
  tunPutUser,
} from "../../../../net/drivers/tun.js";
import { TapFile, tunNapiGetUser, tunNapiPoll } from "../../../../net/drivers/tunNapi.js";
import type { Errno } from "../../../../skb/errno.js";
import { kfreeSkb } from "../../../../skb/free.js";
import type { SkBuff } from "../../../../skb/SkBuff.js";
import { Sock } from "../../../../skb/Sock.js";
import { VIRTIO_NET_HDR_LEN } from "../../../../wire/virtioNetHdr.js";
import type { RecordedVnet } from "../record.js";
import type { Bench, Network, ReadableSocket, ReadableTap } from "./Wiring.js";

export interface TapOptions {
  /** As TUNSETOFFLOAD gets them. */
  readonly offloads?: readonly string[];
  /** IFF_NAPI: what is written passes receive offload, which does as told here. */
  readonly receive?: ReceiveFeatures;
  readonly vnetHdrSz?: number;
  readonly mtu?: number;
  readonly config?: Addressed;
}

/** An interface with a MAC address. */
type Addressed = InterfaceConfig & { readonly address: Uint8Array };

/** Receive offload on, with `rx-gro-list`, with `rx-udp-gro-forwarding`, or with neither. */
export const receiveOffload = (kind: "list" | "fwd" | "plain"): ReceiveFeatures => ({
  ...NO_RECEIVE_OFFLOAD,
  gro: true,
  groFraglist: kind === "list",
  groUdpFwd: kind === "fwd",
});

/** The program's side of a tap. */
interface Writer {
  write(vnet: RecordedVnet, frame: Uint8Array): Errno;
  poll(): void;
}

/** Whatever comes in there is taken apart by the stack of this namespace. */
export class Lab implements Network {
  readonly net: Netns;
  readonly taps = new Map<string, ReadableTap>();
  readonly sockets = new Map<string, ReadableSocket>();
  private readonly writers = new Map<string, Writer>();
  private readonly softirqs: (() => void)[] = [];
  private devices = 0;

  constructor(
    readonly bench: Bench,
    options: NetnsOptions = {},
  ) {
    this.net = new Netns(options);
  }

  /** A tap, called after its port: `tapB`. */
  addTap(port: string, options: TapOptions = {}): NetDevice {
    const { offloads = [], receive, vnetHdrSz = VIRTIO_NET_HDR_LEN, mtu = 1500 } = options;
    const config = options.config ?? { address: this.anyMac() };
    const ring: SkBuff[] = [];
    const features = tunFeatures(offloads);
    const device = netDevice(`tap${port}`, features, {
      mtu,
      net: this.net,
      address: config.address,
      vlanFeatures: netDevice("", features, { startXmit: kfreeSkb }).vlanFeatures & ~TUN_VLAN_OFFLOADS,
      hwEncFeatures: TUN_HW_ENC_FEATURES,
      takesAnyTags: true,
      receive: receive ?? NO_RECEIVE_OFFLOAD,
      startXmit: (skb) => tunNetXmit(skb, ring),
    });
    this.net.addInterface(device, config);
    this.taps.set(port, { ring, read: (skb): TapRead | null => tunPutUser(skb, { features, vnetHdrSz }) });
    this.writers.set(port, this.writerOf(device, receive !== undefined, vnetHdrSz));
    return device;
  }

  /** The egress taps of the record. */
  addEgressTaps(own: TapOptions = {}): NetDevice[] {
    return Object.entries(this.bench.record.egress).map(([port, offloads]) => this.addTap(port, { ...own, offloads }));
  }

  /** A bridge over these ports, in the order in which they were added to it. */
  addBridge(name: string, ports: readonly NetDevice[], config: Addressed = { address: this.anyMac() }): NetDevice {
    const device = netDevice(name, 0, { net: this.net, address: config.address, startXmit: kfreeSkb });
    this.net.addInterface(device, config);
    const bridge = new Bridge(device, config.address);
    for (const port of ports) brAddIf(this.net, bridge, port);
    return device;
  }

  /** A MAC address that no frame is sent to. */
  anyMac(): Uint8Array {
    return Uint8Array.of(0x06, 0, 0, 0, 0, ++this.devices);
  }

  receive = (skb: SkBuff): void => netifReceive(this.bench.k, this.net, skb);

  write(vnet: RecordedVnet, frame: Uint8Array): Errno {
    return this.writers.get("A")?.write(vnet, frame) ?? 0;
  }

  poll(): void {
    for (const writer of this.writers.values()) writer.poll();
    this.runSoftirqs();
  }

  /** Adds queues of devices that are polled as soon as whoever filled them is done. */
  whenRaised(...polls: readonly (() => void)[]): void {
    this.softirqs.push(...polls);
  }

  private runSoftirqs(): void {
    for (const poll of this.softirqs) poll();
  }

  private writerOf(device: NetDevice, hasNapi: boolean, vnetHdrSz: number): Writer {
    const { k, mem } = this.bench;
    const { address } = device;
    const tap = { mem, sk: new Sock(device.name), vnetHdrSz, ...(address === undefined ? {} : { address }) };
    if (hasNapi) {
      const file = new TapFile(tap, new Napi(device, this.receive));
      return {
        write: (vnet, frame) => tunNapiGetUser(k, file, vnet, frame),
        poll() {
          while (file.queue.length > 0) tunNapiPoll(k, file);
        },
      };
    }
    return {
      write: (vnet, frame) => {
        const { skb, err } = tunGetUser(k, tap, vnet, frame);
        if (skb === null) return err;
        skb.dev = device;
        this.receive(skb);
        this.runSoftirqs();
        return 0;
      },
      poll() {},
    };
  }
}
