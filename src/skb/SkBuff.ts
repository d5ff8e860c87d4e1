/**
 * `struct sk_buff`: the metadata of one packet. Bytes lie in a Head, which clones share:
 *
 * ```text
 *   head            data                tail            end
 *    |   headroom    |   linear data     |   tailroom    |  SharedInfo: frags[], frag_list, gso_*
 *    +---------------+-------------------+---------------+----------------------------------------
 *                    |<--- len - dataLen -->|                dataLen bytes: frags, then frag_list
 * ```
 *
 * `data`, `tail`, `end` and the header fields are offsets from `head`. Header offsets are 16 bit wide; 0xffff means
 * "not set" for the MAC and transport header. Left out: recycling by page pools, reserves, timestamps' values.
 *
 * @kernel struct sk_buff include/linux/skbuff.h v6.12
 */
import { CHECKSUM_NONE } from "../abi/features.js";
import type { Memory } from "../memory/Memory.js";
import type { Head } from "./Head.js";
import type { Reference } from "./Reference.js";
import type { SharedInfo } from "./SharedInfo.js";
import type { Sock } from "./Sock.js";

export const PACKET_HOST = 0;
export const PACKET_BROADCAST = 1;
export const PACKET_MULTICAST = 2;
export const PACKET_OTHERHOST = 3;
export const PACKET_OUTGOING = 4;
export const PACKET_LOOPBACK = 5;

/** A header offset that was never set. */
export const HEADER_UNSET = 0xffff;

export type DestructorName = "" | "sock_wfree" | "sock_rfree" | "sock_edemux" | "tcp_wfree";

/** Whatever a packet goes out of or came in from; the network layer knows more of it. */
export interface Device {
  readonly name: string;
}

export class SkBuff {
  readonly serial: number;
  next: SkBuff | null = null;
  prev: SkBuff | null = null;
  sk: Sock | null = null;
  destructor: DestructorName = "";
  dev: Device | null = null;

  dst: Reference | null = null;
  nfct: Reference | null = null;
  extensions: Reference | null = null;

  len = 0;
  dataLen = 0;
  macLen = 0;
  hdrLen = 0;
  cloned = false;
  nohdr = false;
  headFrag = false;
  users = 1;
  truesize = 0;
  data = 0;
  tail = 0;
  end = 0;

  pktType = PACKET_HOST;
  ipSummed = CHECKSUM_NONE;
  /** Union: `csumStart` in the low half, `csumOffset` in the high half. */
  csum = 0;
  csumLevel = 0;
  csumValid = false;
  csumNotInet = false;
  remcsumOffload = false;
  encapsulation = false;
  encapHdrCsum = false;
  slowGro = false;
  priority = 0;
  mark = 0;
  hash = 0;
  /** EtherType of an accelerated VLAN tag, 0 for none. */
  vlanProto = 0;
  vlanTci = 0;
  protocol = 0;
  /** Union: an EtherType, or an IP protocol number where `innerProtocolIsIp`. @kernel inner_protocol, inner_ipproto */
  innerProtocol = 0;
  /** @kernel inner_protocol_type ENCAP_TYPE_IPPROTO */
  innerProtocolIsIp = false;
  /** A hint of TCP's that follows the first segment. */
  oooOkay = false;
  ignoreDf = false;
  innerTransportHeader = 0;
  innerNetworkHeader = 0;
  innerMacHeader = 0;
  transportHeader = HEADER_UNSET;
  networkHeader = 0;
  macHeader = HEADER_UNSET;

  /** SKB_GSO_CB: `mac_offset`, or `data_offset` after partial segmentation: one union. */
  cbMacOffset = 0;
  cbEncapLevel = 0;
  cbCsum = 0;
  cbCsumStart = 0;
  cbRecursion = 0;
  /** UDP_SKB_CB. */
  cbCscov = 0;
  cbPartialCov = false;
  /** Control block of the layer that has the packet at the moment, such as NAPI_GRO_CB; never copied with the header. */
  cb: object | null = null;

  constructor(
    readonly mem: Memory,
    public head: Head,
  ) {
    this.serial = mem.nextSerial();
    mem.skbs++;
  }

  get name(): string {
    return `skb#${this.serial}`;
  }

  /** The shared info behind the linear area. A freed sk_buff has none: reaching for it is a use after free. */
  get shinfo(): SharedInfo {
    if (this.users <= 0) throw this.mem.invalid("use-after-free", this.name, "shinfo");
    return this.head.shinfo;
  }

  /** Bytes in front of `data`. */
  get headroom(): number {
    return this.data;
  }
  /** Bytes in the linear area, as u32: a broken packet shows up as a huge number. */
  get headlen(): number {
    return (this.len - this.dataLen) >>> 0;
  }
  get tailroom(): number {
    return this.dataLen !== 0 ? 0 : this.end - this.tail;
  }
  get isNonlinear(): boolean {
    return this.dataLen !== 0;
  }
  get macOffset(): number {
    return this.macHeader - this.data;
  }
  get networkOffset(): number {
    return this.networkHeader - this.data;
  }
  get transportOffset(): number {
    return this.transportHeader - this.data;
  }
  get macHeaderLen(): number {
    return (this.networkHeader - this.macHeader) >>> 0;
  }
  get networkHeaderLen(): number {
    return (this.transportHeader - this.networkHeader) >>> 0;
  }

  get csumStart(): number {
    return this.csum & 0xffff;
  }
  set csumStart(value: number) {
    this.csum = ((this.csum & 0xffff0000) | (value & 0xffff)) >>> 0;
  }
  get csumOffset(): number {
    return this.csum >>> 16;
  }
  set csumOffset(value: number) {
    this.csum = ((value << 16) | (this.csum & 0xffff)) >>> 0;
  }
  get csumStartOffset(): number {
    return this.csumStart - this.data;
  }

  /** Fails when the sk_buff was freed: every primitive asks first. */
  assertAlive(field: string): void {
    if (this.users <= 0) throw this.mem.invalid("use-after-free", this.name, field);
  }
}
