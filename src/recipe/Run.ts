/**
 * What happened when an engine carried a recipe out: plain data, frozen, with everything a law may look at.
 *
 * Offsets named `...Header` and `...Offset` count bytes from the head of the buffer, as the kernel's do, unless a
 * comment says otherwise. Byte arrays are copies: nothing the engine does later changes them.
 */
import type { HolderRecipe, Recipe } from "./Recipe.js";

/** A page fragment of a shared info, by the page's serial number. */
export interface FragView {
  readonly page: number;
  readonly offset: number;
  readonly len: number;
}

/** A shared info as it stood at one moment. */
export interface SharedInfoView {
  readonly serial: number;
  /** Low half: all references. High half: payload-only references. */
  readonly dataref: number;
  readonly frags: readonly FragView[];
  readonly members: readonly SkbView[];
  readonly gsoSize: number;
  readonly gsoSegs: number;
  readonly gsoType: number;
  readonly flags: number;
  readonly txFlags: number;
  readonly tskey: number;
  readonly metaLen: number;
  /** Serial number of the zero-copy owner, 0 for none. */
  readonly destructorArg: number;
}

/** An sk_buff as it stood at one moment. */
export interface SkbView {
  readonly serial: number;
  /** Serial number of the buffer that `data` points into. */
  readonly head: number;
  readonly users: number;
  readonly next: number;
  readonly prev: number;
  readonly len: number;
  readonly dataLen: number;
  readonly data: number;
  readonly tail: number;
  readonly end: number;
  readonly macLen: number;
  readonly hdrLen: number;
  readonly macHeader: number;
  readonly networkHeader: number;
  readonly transportHeader: number;
  readonly innerMacHeader: number;
  readonly innerNetworkHeader: number;
  readonly innerTransportHeader: number;
  readonly protocol: number;
  readonly ipSummed: number;
  readonly csum: number;
  readonly csumStart: number;
  readonly csumOffset: number;
  readonly csumLevel: number;
  readonly csumValid: boolean;
  readonly encapsulation: boolean;
  readonly remcsumOffload: boolean;
  readonly cloned: boolean;
  readonly nohdr: boolean;
  readonly headFrag: boolean;
  readonly slowGro: boolean;
  readonly pktType: number;
  readonly priority: number;
  readonly mark: number;
  readonly hash: number;
  readonly vlanProto: number;
  readonly vlanTci: number;
  readonly truesize: number;
  /** Name of the owning socket, empty for none. */
  readonly sk: string;
  /** Name of the destructor, empty for none. */
  readonly destructor: string;
  readonly dst: number;
  readonly conntrack: number;
  readonly extensions: number;
  readonly shinfo: SharedInfoView;
  /** The linear bytes from `macHeader` (or `data`, if that comes first or no MAC header is set) up to `tail`. */
  readonly linear: Uint8Array;
  /** `len` bytes from `data` on, flattened over linear part, fragments and list; undefined when they cannot all be read. */
  readonly bytes: Uint8Array | undefined;
}

/** One call of `__skb_gso_segment`. */
export interface SegmentationCall {
  readonly holder: number;
  /** Feature word in this project's numbering (abi/features.ts). */
  readonly features: number;
  readonly txPath: boolean;
  /** The packet on entry. */
  readonly input: SkbView;
  /** `list`: segments came back; `whole`: NULL, nothing to do; `error`: an errno; `faulted`: the call never returned. */
  readonly result: "list" | "whole" | "error" | "faulted";
  readonly errno: string;
  /** The segments as returned, before anybody consumed anything; the frame of each is its `bytes`. */
  readonly segments: readonly SkbView[];
  /** How the returned chain ended: properly, or in a cycle that was cut here. */
  readonly chain: "ends" | "cyclic";
  /** `segs.prev`, by serial number; 0 for NULL. */
  readonly lastByPrev: number;
  /** The input when the call returned. */
  readonly after: SkbView | undefined;
  /** True when the list path was taken: the head of the list is the input itself. */
  readonly listPath: boolean;
  /** Whether another holder ran while this call was under way. */
  readonly interrupted: boolean;
  /** Number of allocations that were made to fail during the call. */
  readonly injectedFailures: number;
  /** Charges on the owner socket: sk_wmem_alloc before and after. */
  readonly wmemBefore: number;
  readonly wmemAfter: number;
  /** Objects alive before and after: skbs, heads, page references. */
  readonly liveBefore: LiveCounts;
  readonly liveAfter: LiveCounts;
  /** Loop iterations of skb_segment during the call. */
  readonly iterations: number;
}

export interface LiveCounts {
  readonly skbs: number;
  readonly heads: number;
  readonly pageRefs: number;
}

/** A frame that a holder put out: given to a device, or handed to a reader. */
export interface FrameOut {
  /** From the MAC header on, as flattened when it was handed over; undefined when it could not be read whole. */
  readonly bytes: Uint8Array | undefined;
  readonly view: SkbView;
  /** The same bytes read again just before the frame was freed. `same` when nothing changed. */
  readonly later: Uint8Array | "same" | undefined;
}

/** A datagram in a socket's receive queue. */
export interface DatagramOut {
  /** Payload behind the UDP header; undefined when it could not be read whole. */
  readonly payload: Uint8Array | undefined;
  readonly view: SkbView;
  readonly later: Uint8Array | "same" | undefined;
}

export interface SocketRun {
  readonly name: string;
  readonly accepts: "nothing" | "l4" | "fraglist";
  readonly datagrams: readonly DatagramOut[];
  readonly drops: number;
  readonly inErrors: number;
  readonly rcvbufErrors: number;
  /** sk_rmem_alloc when the holder had finished. */
  readonly rmemAlloc: number;
}

/** A change that a holder found in its own sk_buff although it had done nothing itself in between. */
export interface Disturbance {
  readonly before: SkbView;
  readonly after: SkbView;
  /** The holders that ran in between. */
  readonly by: readonly number[];
}

export interface HolderRun {
  readonly index: number;
  readonly exit: HolderRecipe["exit"];
  /** Features of the egress device in this project's numbering; 0 where there is none. */
  readonly features: number;
  /** The operations that came before the exit, with the result of each: `ok` or an errno. */
  readonly operations: readonly string[];
  /** Its sk_buff as the exit began, data at the MAC header; undefined when it never came to that. */
  readonly entered: SkbView | undefined;
  /**
   * `sent`: frames left; `delivered`: given to sockets; `kept`: a tap holds it; `inspected`: cut for a reader;
   * `dropped`: freed by the kernel on purpose; `unborn`: its clone could not be made; `faulted`: a fault ended its work.
   */
  readonly outcome: "sent" | "delivered" | "kept" | "inspected" | "dropped" | "unborn" | "faulted";
  /** Why it was dropped, where the kernel says. */
  readonly dropReason: string;
  readonly frames: readonly FrameOut[];
  readonly sockets: readonly SocketRun[];
  /** Datagrams the multicast loop could not clone for a socket. */
  readonly cloneFailures: number;
  readonly disturbances: readonly Disturbance[];
  /** The sk_buff a tap keeps, read at the very end. */
  readonly kept: SkbView | undefined;
  /** Whether another holder ran in the middle of one of its steps. */
  readonly interrupted: boolean;
}

/** A place in the modelled code, innermost function first, by kernel symbol. */
export type Site = readonly string[];

/** Something that stops a kernel. */
export interface Fault {
  readonly kind: "BUG" | "PANIC" | "NULLDEREF" | "DIVZERO" | "STALL" | "MEMORY";
  /** The identifier of segmentation faults, such as `pull` or `zero-mss`; for MEMORY the report's kind. */
  readonly id: string;
  readonly holder: number;
  readonly site: Site;
  /** The values that led to it, for the report. */
  readonly values: Readonly<Record<string, number>>;
}

/** What the memory sanitizer saw. */
export interface MemoryReport {
  readonly kind:
    | "use-after-free"
    | "out-of-bounds"
    | "refcount-underflow"
    | "double-free"
    | "shared-write"
    | "race"
    | "leak";
  /** The object: `skb#3`, `shinfo#2`, `head#2`, `page#1`. */
  readonly object: string;
  /** The field or byte range concerned, such as `gso_size` or `bytes`. */
  readonly field: string;
  /** Holder that did it; -1 for the set-up. */
  readonly holder: number;
  readonly site: Site;
  readonly before: number;
  readonly after: number;
  /** For a race: the other holder. */
  readonly other: number;
}

export interface Warning {
  readonly kind: "WARN" | "DBGWARN";
  readonly id: string;
  readonly holder: number;
  readonly site: Site;
}

export interface SocketAccount {
  readonly name: string;
  readonly wmemAlloc: number;
  readonly rmemAlloc: number;
  /** Sum of truesize over live sk_buffs with a write destructor of this socket, at the same moment. */
  readonly chargedTruesize: number;
}

/** The books when everything has been freed, and at the quiescent moments before. */
export interface Accounts {
  /** Each time a holder had finished its exit: the sender's account. */
  readonly quiescent: readonly SocketAccount[];
  /** After everything was freed. */
  readonly final: readonly SocketAccount[];
  /** Objects that were still alive at the end. */
  readonly live: LiveCounts;
  /** References to dst, conntrack and extension objects still held at the end, by object name. */
  readonly heldReferences: Readonly<Record<string, number>>;
  /** Member sk_buffs whose `users` disagreed with the lists, queues and holders naming them, checked at quiescent moments. */
  readonly miscounted: readonly { readonly object: string; readonly counted: number; readonly recorded: number }[];
}

/** The packet as it was before anybody got a clone. */
export interface InputPacket {
  /** `refused`: the tap's write failed, and there was no packet. */
  readonly arrival: "stack" | "accepted" | "refused";
  readonly errno: string;
  readonly view: SkbView | undefined;
  /** From the MAC header on, flattened. */
  readonly frame: Uint8Array;
  /** Lengths in bytes of the MAC header with its tags, and of everything in front of the UDP header, counted in `frame`. */
  readonly macLen: number;
  readonly transportOffset: number;
  /** The payload of every datagram, as they were before aggregation; for other kinds the whole payload cut at gso_size. */
  readonly datagrams: readonly Uint8Array[];
  /** For a list: each datagram's own frame as it arrived, from its MAC header on. */
  readonly originals: readonly Uint8Array[];
  /** What receive offload did, where the datagrams arrived one by one. */
  readonly gro: GroRun | undefined;
  /** What came of each step of the recipe's middle: `ok`, an errno, or why there was nothing to do. */
  readonly middle: readonly string[];
}

/** A batch of frames through receive offload. */
export interface GroRun {
  /** Each frame as it arrived, from its MAC header on, in order. */
  readonly frames: readonly GroFrame[];
  /** What came out for the stack, in order of delivery. */
  readonly delivered: readonly GroDelivery[];
  /** Index in `delivered` of the packet that the holders were given; -1 for none. */
  readonly followed: number;
}

export interface GroFrame {
  readonly bytes: Uint8Array;
  readonly flow: number;
  readonly ipSummed: number;
  /** What the tap or the engine said: `merged`, `held`, `normal`, ..., or an errno where it never got that far. */
  readonly result: string;
}

export interface GroDelivery {
  /** As handed to the stack, `data` at the network header. */
  readonly view: SkbView;
  /** From its MAC header on, flattened. */
  readonly frame: Uint8Array;
  /** Indices of the frames it was made of, in order of payload; worked out from the payload bytes. */
  readonly made: readonly number[];
}

export interface Run {
  readonly engine: string;
  readonly kernel: string;
  readonly recipe: Recipe;
  readonly packet: InputPacket;
  readonly holders: readonly HolderRun[];
  readonly calls: readonly SegmentationCall[];
  readonly faults: readonly Fault[];
  readonly memory: readonly MemoryReport[];
  readonly warnings: readonly Warning[];
  readonly accounts: Accounts;
  /** Allocations since the holders started. */
  readonly allocations: number;
  /** Per holder, its touches of shared infos that others shared. */
  readonly touches: readonly number[];
  /** Steps taken, in order: what the trace shows. Filled only when a trace was asked for. */
  readonly trace: readonly TraceStep[];
}

export interface TraceStep {
  readonly holder: number;
  readonly text: string;
}
