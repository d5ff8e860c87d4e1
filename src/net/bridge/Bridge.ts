/**
 * A bridge: its ports, what it learned, and the groups that it was told of. Left out: VLANs, spanning tree, ageing,
 * querying and reports of membership, isolated and locked ports.
 *
 * @kernel struct net_bridge net/bridge/br_private.h
 */
import { hex } from "../../bytes/hexdump.js";
import type { NetDevice } from "../core/NetDevice.js";

export interface PortOptions {
  /** Sends unicast to destinations nobody learned, multicast, broadcast. @kernel BR_FLOOD, BR_MCAST_FLOOD, BR_BCAST_FLOOD */
  readonly flood?: boolean;
  readonly mcastFlood?: boolean;
  readonly bcastFlood?: boolean;
  /** Sends a frame back to where it came from. @kernel BR_HAIRPIN_MODE */
  readonly hairpin?: boolean;
  readonly learning?: boolean;
}

/** @kernel struct net_bridge_port */
export interface BridgePort {
  readonly device: NetDevice;
  readonly flood: boolean;
  readonly mcastFlood: boolean;
  readonly bcastFlood: boolean;
  readonly hairpin: boolean;
  readonly learning: boolean;
}

/** A member of a group; with `unicastTo` frames for it are turned into unicast ones. @kernel struct net_bridge_port_group */
export interface PortGroup {
  readonly port: BridgePort;
  /** @kernel BR_MULTICAST_TO_UNICAST with eth_addr */
  readonly unicastTo?: Uint8Array;
}

/** @kernel struct net_bridge_mdb_entry */
export interface MdbEntry {
  readonly hostJoined: boolean;
  /** In the order in which frames are sent. */
  readonly ports: readonly PortGroup[];
}

export class Bridge {
  /** In flood order: a new port becomes the first. @kernel port_list */
  readonly ports: BridgePort[] = [];
  /** By group MAC address; looked at only while somebody queries. */
  readonly mdb = new Map<string, MdbEntry>();
  querierExists = false;
  /** Ports behind which multicast routers are. */
  readonly routerPorts: BridgePort[] = [];
  isMulticastRouter = false;
  /** Packets that could not be copied for a port. */
  txDropped = 0;

  private readonly fdb = new Map<string, BridgePort>();

  constructor(
    /** The bridge as a device of its own. */
    readonly device: NetDevice,
    readonly address: Uint8Array,
  ) {}

  addPort(device: NetDevice, options: PortOptions = {}): BridgePort {
    const { flood = true, mcastFlood = true, bcastFlood = true, hairpin = false, learning = true } = options;
    const port = { device, flood, mcastFlood, bcastFlood, hairpin, learning };
    this.ports.unshift(port);
    return port;
  }

  /** @kernel br_fdb_update net/bridge/br_fdb.c */
  learn(port: BridgePort, source: Uint8Array): void {
    this.fdb.set(hex(source), port);
  }

  /** @kernel br_fdb_find_rcu net/bridge/br_fdb.c */
  find(dest: Uint8Array): BridgePort | undefined {
    return this.fdb.get(hex(dest));
  }

  group(dest: Uint8Array): MdbEntry | undefined {
    return this.mdb.get(hex(dest));
  }
}
