/**
 * The recipe: plain data for one case. Everything random about a case is in here; nothing else is.
 *
 * Fields are independent of each other and every combination builds: the engine's builder clamps what does not fit
 * (docs/decisions/0001-recipes-not-skbs.md). Recipes are a union of kinds; `packets` is the first.
 */
import { bool, choice, type DataOf, int, list, parserOf, struct, withLeastFields } from "./schema.js";

/** The most holders a packet may have, the original's included. Touch records are bit masks of holders. */
export const MAX_HOLDERS = 6;

/** Lengths where something ends: a header, the seed crash's datagram, a page, an Ethernet frame. */
const LENGTHS = [0, 1, 2, 7, 8, 9, 11, 12, 91, 99, 100, 101, 512, 1000, 1448, 1472, 4096];
/** Lengths around what 16 bits hold. */
const WIDE_LENGTHS = [65507, 65535, 65536];

const extension = struct("an IPv6 extension header", {
  kind: choice("which header", ["hop-by-hop", "destination", "routing", "home-address"]),
  units: int("length beyond the first eight bytes, in units of eight", { min: 0, max: 4, usual: 1 }),
});

const vlanTag = struct("a VLAN tag inside the frame", {
  tpid: choice("tag protocol", ["802.1Q", "802.1ad"]),
  tci: int("priority, DEI and VLAN id as one number", { min: 0, max: 0xffff, sharp: [1, 100, 4095, 0xe064, 0xffff] }),
});

/** The data of one sk_buff: its share of the payload and how that share lies in memory. */
const layout = {
  payload: int("payload bytes of this datagram or of this piece", {
    min: 0,
    max: 70_000,
    least: 1,
    usual: 300,
    sharp: LENGTHS,
  }),
  paged: int(
    "how many of them, from the end, lie in page fragments instead of the linear part; clamped to the payload",
    {
      min: 0,
      max: 70_000,
      usual: 300,
      sharp: [1, 2, 11, 12, 91, 99, 100, 101, 70_000],
    },
  ),
  frags: int("over how many page fragments they are spread", { min: 1, max: 17, usual: 3, sharp: [2, 16, 17] }),
  split: choice("how: in equal parts, or each as long as a segment and the last one with what is left", [
    "evenly",
    "by-segment",
  ]),
  headFrag: bool("the linear part was carved out of a page fragment, so that it can be turned into one"),
} as const;

/** How one frame of an aggregate may differ from the first: what receive offload must notice. */
const ODD_FRAMES = [
  "nothing",
  "hop-limit",
  "traffic-class",
  "dont-fragment",
  "id-repeats",
  "id-jumps",
  "options",
  "bad-checksum",
  "zero-checksum",
  "checksum-state",
  "padding",
  "vlan",
  "mac",
  "ack",
  "window",
  "flags-push",
  "flags-fin",
  "flags-cwr",
  "flags-urgent",
  "sequence-gap",
  "fragment",
] as const;

const tunnel = struct("one encapsulation around the packet", {
  kind: choice("which headers: VXLAN and gre carry Ethernet, ip and gre-ip carry IP, mpls and nsh as they say", [
    "vxlan",
    "gre",
    "gre-ip",
    "ip",
    "mpls",
    "nsh",
  ]),
  family: choice("network layer of the outer header, where it has one", ["ipv4", "ipv6"]),
  checksum: bool("outer UDP or GRE checksum"),
  remcsum: bool("remote checksum offload, for a VXLAN tunnel"),
});

const member = struct("one sk_buff on the frag_list", {
  ...layout,
  odd: choice("how its frame differs from the first one's, where it arrives by itself", ODD_FRAMES),
  flow: int("which flow it belongs to, where it arrives by itself: each has a source port of its own", {
    min: 0,
    max: 2,
    usual: 0,
  }),
  users: int("references that somebody else holds on this sk_buff", { min: 0, max: 2, usual: 1 }),
  cloned: bool("somebody cloned this packet before it was aggregated and still keeps the clone"),
  nohdr: bool("its header was released (__skb_header_release), as classic GRO does when it chains"),
  state: bool("it holds a dst, a conntrack and an extension reference of its own"),
  sharedFrag: bool("its page fragments may be changed by somebody else (SKBFL_SHARED_FRAG)"),
});

const packet = struct("the aggregate, as GRO, a local sender or a tap left it", {
  seed: int("payload pattern", { min: 0, max: 255, usual: 15 }),
  arrival: choice(
    "how it came: laid out as the stack would have it; written into a tap whole with a virtio_net_hdr; or its datagrams " +
      "one by one through receive offload, from a driver (napi_gro_receive) or a tap with IFF_NAPI or IFF_NAPI_FRAGS",
    ["stack", "tap", "gro", "tap-napi", "tap-frags"],
  ),
  family: choice("network layer", ["ipv6", "ipv4"]),
  cast: choice("destination", ["multicast", "unicast", "loopback"]),
  vlan: list("tags inside the frame, outermost first", vlanTag, { max: 9, usual: 1 }),
  acceleratedVlan: bool("a tag in skb metadata (vlan_proto, vlan_tci) instead of the frame"),
  optionWords: int("IPv4 options, in units of four bytes", { min: 0, max: 10, usual: 2 }),
  extensions: list("IPv6 extension headers in order", extension, { max: 3, usual: 1 }),
  ipId: int("IPv4 identification of the first packet", { min: 0, max: 0xffff, sharp: [1, 0x7fff, 0xfffe, 0xffff] }),
  dontFragment: bool("IPv4 DF"),
  trafficClass: int("IPv4 TOS or IPv6 traffic class", { min: 0, max: 255, sharp: [1, 3, 255] }),
  hopLimit: int("IPv4 TTL or IPv6 hop limit", { min: 0, max: 255, least: 64, sharp: [0, 1, 255] }),
  zeroChecksum: bool("the datagrams carry no UDP checksum (field 0)"),
  tunnels: list("encapsulations, outermost first", tunnel, { max: 6, usual: 1 }),
  tcp: struct("the TCP header, for TCP", {
    seq: int("sequence number of the first segment", {
      min: 0,
      max: 0xffffffff,
      usual: 1000,
      sharp: [1, 0x7fffffff, 0xfffffff0, 0xffffffff],
    }),
    flags: int("flags besides ACK: FIN 1, SYN 2, RST 4, PSH 8, URG 32, ECE 64, CWR 128", {
      min: 0,
      max: 0xff,
      sharp: [1, 8, 9, 0x80, 0x88, 0xff],
    }),
    window: int("window", { min: 0, max: 0xffff, least: 4096, usual: 4096, sharp: [0, 0xffff] }),
    optionWords: int("options, in units of four bytes", { min: 0, max: 10, usual: 3 }),
  }),
  gro: struct("the receiving device, where datagrams arrive one by one", {
    fraglist: bool("NETIF_F_GRO_FRAGLIST"),
    udpForwarding: bool("NETIF_F_GRO_UDP_FWD"),
    listener: choice("the local socket that GRO finds for them", ["none", "plain", "gro", "established"]),
    big: bool("gro_max_size and gro_ipv4_max_size of 185,000 bytes, as for BIG TCP"),
  }),
  gso: choice("what kind of GSO packet, or, where datagrams arrive one by one, which transport they have", [
    "fraglist",
    "udp-l4",
    "ufo",
    "none",
    "tcp",
    "tcp-fraglist",
    "sctp",
  ]),
  gsoSize: int("gso_size; 0 stands for the payload of the first datagram", {
    min: 0,
    max: 0xffff,
    usual: 200,
    sharp: [1, 2, 3, 8, 9, 11, 91, 99, 100, 101, 104, 771, 1285, 1448, 3855, 13107, 21845, 32768, 0xfffe, 0xffff],
  }),
  dodgy: bool("SKB_GSO_DODGY: the packet came from outside the kernel or its geometry was changed"),
  strides: bool(
    "the members of a byte stream have the lengths drawn, and the head may be empty: buffers of a receive queue that are " +
      "no whole segments; else they are whole segments, as receive offload chains them today",
  ),
  evenMembers: bool("every datagram of a list but the last is as long as the first, as GRO guarantees"),
  head: struct("the sk_buff that holds the list", {
    ...layout,
    payload: { ...layout.payload, sharp: [...LENGTHS, ...WIDE_LENGTHS] },
    headroom: int("bytes in front of the link header", { min: 0, max: 256, least: 64, sharp: [0, 1, 8, 16] }),
    nohdr: bool("the sender keeps a payload-only reference (__skb_header_release)"),
    zerocopy: choice("user memory in its page fragments", ["no", "owned", "do-not-orphan", "managed"]),
    sharedFrag: bool("its page fragments may be changed by somebody else (SKBFL_SHARED_FRAG)"),
    state: bool("it holds a dst, a conntrack and an extension reference"),
    timestamp: bool("a transmit time stamp was asked for (tx_flags, tskey)"),
  }),
  members: list("the frag_list", member, { max: 64, usual: 4 }),
  checksum: choice("ip_summed", ["unnecessary", "partial", "none", "complete"]),
  checksumLevel: int("csum_level", { min: 0, max: 3 }),
  checksumStart: int("csum_start, counted from the UDP header", {
    min: -40,
    max: 2000,
    least: 0,
    usual: 0,
    sharp: [-8, 8, 199, 1536],
  }),
  rewritten: choice("what a middlebox changed in the first header after aggregation", [
    "nothing",
    "source",
    "destination",
    "both",
  ]),
  owner: choice("the socket that the aggregate is charged to", ["none", "sender", "early-demux"]),
});

const operation = struct("one thing done to a holder's sk_buff", {
  do: choice("which primitive", [
    "pull",
    "trim",
    "unclone",
    "header-unclone",
    "cow",
    "get",
    "put",
    "linearize",
    "orphan",
    "checksum-help",
    "mark-dodgy",
    "nat-source",
    "nat-destination",
  ]),
  bytes: int("its argument in bytes, where it takes one: counted from the end of the headers for pull and trim", {
    min: 0,
    max: 70_000,
    usual: 300,
    sharp: [1, 2, 8, 11, 12, 91, 100, 101, 70_000],
  }),
});

const middleStep = struct("one thing done to the packet while it has one owner", {
  do: choice(
    "which: a primitive; a clone that a packet socket keeps; translation of addresses and ports, or of IPv4 to IPv6 and " +
      "back; a program that makes room for an outer IP header, with smaller segments or the same; a router's hop; an " +
      "IP tunnel device",
    [
      "pull",
      "linearize",
      "unclone",
      "clone",
      "nat-source",
      "nat-destination",
      "translate",
      "adjust-room",
      "adjust-room-fixed",
      "decrement-hop-limit",
      "encapsulate",
      "mark-dodgy",
    ],
  ),
  bytes: int("its argument in bytes, where it takes one: counted from the end of the headers for a pull", {
    min: 0,
    max: 70_000,
    usual: 300,
    sharp: [1, 2, 8, 11, 12, 91, 100, 101, 70_000],
  }),
});

const socket = struct("a UDP socket that listens", {
  accepts: choice("which aggregates it takes whole (UDP_GRO, tunnels)", ["nothing", "l4", "fraglist"]),
  convertsChecksum: bool("it asks for checksum conversion, so checksums are computed while segmenting"),
  filters: bool("a socket filter is attached, so checksums are verified before queueing"),
  smallBuffer: bool("its receive buffer holds little more than one datagram"),
});

const device = struct("what an egress device declares it can do", {
  sg: bool("NETIF_F_SG"),
  checksum: choice("checksum offload", ["none", "hw", "ipv4", "ipv6", "both"]),
  fraglist: bool("NETIF_F_FRAGLIST: takes a frag_list"),
  udpL4: bool("NETIF_F_GSO_UDP_L4"),
  tso: bool("NETIF_F_TSO and NETIF_F_TSO6"),
  tsoEcn: bool("NETIF_F_TSO_ECN"),
  tsoMangleId: bool("NETIF_F_TSO_MANGLEID"),
  sctp: bool("NETIF_F_GSO_SCTP and NETIF_F_SCTP_CRC"),
  encapsulation: bool("NETIF_F_GSO_ENCAP_ALL, with its other features in hw_enc_features"),
  ufo: bool("NETIF_F_GSO_UDP"),
  gsoFraglist: bool("NETIF_F_GSO_FRAGLIST"),
  gsoPartial: bool("NETIF_F_GSO_PARTIAL with UDP_L4 among its partial features"),
  robust: bool("NETIF_F_GSO_ROBUST: checks untrusted headers itself"),
  vlan: bool("NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_HW_VLAN_STAG_TX"),
  big: bool("gso_max_size of 185,000 bytes, as devices for BIG TCP have"),
  gsoMaxSegs: int("gso_max_segs", { min: 1, max: 65535, least: 65535, usual: 65535, sharp: [1, 2, 3] }),
  mtu: int("MTU in bytes: what forwarding and encapsulation look at", {
    min: 1280,
    max: 65_535,
    least: 65_535,
    usual: 65_535,
    sharp: [1280, 1500],
  }),
});

const holder = struct("somebody who has the packet, or a clone of it", {
  exit: choice(
    "what it finally does: sends it, delivers it here, keeps it, cuts it for a reader, forwards it as a router does, " +
      "sends it through a VXLAN device, a veth pair whose peer has receive offload, or the loopback device",
    ["port", "local", "tap", "inspect", "route", "vxlan", "veth", "loopback"],
  ),
  before: list("what it does to its sk_buff first", operation, { max: 4, usual: 2 }),
  device,
  sockets: list("the listeners, for a local delivery", socket, { min: 1, max: 4, usual: 2 }),
  release: bool("frees what it was given as its next turn, instead of at the very end"),
});

const packets = struct("an aggregate, who holds clones of it, and what each does", {
  kind: choice("kind of recipe", ["packets"]),
  packet,
  middle: list("what is done to the packet before anybody gets a clone", middleStep, { max: 3, usual: 1 }),
  holders: list("in the order in which they are given their clone; the last one has the original", holder, {
    min: 1,
    max: MAX_HOLDERS,
  }),
  cloning: choice("when the clones are made", ["at-once", "in-turn"]),
  turns: list(
    "whose next step comes, as an index into the holders; when used up, holders finish in order",
    int("holder", { min: 0, max: MAX_HOLDERS - 1 }),
    {
      max: 12,
      usual: 3,
    },
  ),
  switches: list(
    "interrupts",
    struct("at its k-th touch of a shared info that others share, one holder waits while another runs to its end", {
      holder: int("who is interrupted", { min: 0, max: MAX_HOLDERS - 1 }),
      touch: int("at which touch, counted from 1", { min: 1, max: 200, usual: 40 }),
      to: int("who runs meanwhile", { min: 0, max: MAX_HOLDERS - 1 }),
    }),
    { max: 3, usual: 1 },
  ),
  failures: list(
    "allocations that fail, counted from 1 when the holders start",
    int("i-th allocation", { min: 1, max: 400, usual: 30 }),
    {
      max: 2,
      usual: 1,
    },
  ),
  allocator: choice("how sizes are rounded", ["identity", "kmalloc612", "kmalloc61"]),
});

/** The declarations themselves, for arbitraries and for walking a recipe field by field. */
export const schema = {
  packets,
  packet,
  member,
  operation,
  socket,
  device,
  holder,
  extension,
  vlanTag,
  tunnel,
  middleStep,
} as const;

export type Recipe = DataOf<typeof packets>;
export type PacketRecipe = DataOf<typeof packet>;
export type MemberRecipe = DataOf<typeof member>;
export type HolderRecipe = DataOf<typeof holder>;
export type OperationRecipe = DataOf<typeof operation>;
export type MiddleRecipe = DataOf<typeof middleStep>;
export type SocketRecipe = DataOf<typeof socket>;
export type DeviceRecipe = DataOf<typeof device>;
export type TunnelRecipe = DataOf<typeof tunnel>;

export const recipeParser = parserOf(packets);

/** A recipe saved before some fields were declared, as it would be saved today. */
export const completeRecipe = (saved: unknown): unknown => withLeastFields(packets, saved);
