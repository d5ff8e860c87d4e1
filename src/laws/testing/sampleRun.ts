/**
 * Honest hand-made runs for the tests of laws, and a way to bend them.
 *
 * `sampleRun` makes a complete and consistent run: one holder with a port, one segmentation call whose input and
 * segments are right in every byte. Each law holds on it or does not apply. `bend` gives a deep copy that a test may
 * change, so that a law can be seen to break.
 */

import { GSO_BY_FRAGS, NETIF_F_HW_CSUM, NETIF_F_SG } from "../../abi/features.js";
import { type Recipe, schema } from "../../recipe/Recipe.js";
import type { Run, SegmentationCall, SkbView } from "../../recipe/Run.js";
import { leastOf } from "../../recipe/schema.js";
import { SAMPLE_MAC_LEN, sampleFrame, samplePayload, sampleUdp } from "./sampleFrames.js";
import { type AggregateOptions, type Chosen, fieldOf, innerLayout, isList, partFrame } from "./samplePackets.js";
import { inputView, linked, segmentViews, view } from "./sampleViews.js";

export interface SampleOptions extends AggregateOptions {
  /** `__skb_gso_segment` for transmission; true unless given. */
  readonly txPath?: boolean;
}

/** A readonly type with every level made writable. */
export type Mutable<T> = T extends Uint8Array ? T : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

/** A deep copy of a run, changed by `change`. Nothing in it is shared with the original or within itself. */
export function bend(run: Run, change: (run: Mutable<Run>) => void): Run {
  const copy = deepCopy(run) as Mutable<Run>;
  change(copy);
  return copy as Run;
}

/** The first call of a run, for tests that know there is one. */
export function firstCall<T extends Run | Mutable<Run>>(run: T): T["calls"][number] {
  const call = run.calls[0];
  if (call === undefined) throw new Error("the run has no segmentation call");
  return call as T["calls"][number];
}

/** A segment of the first call, counted from 0. */
export function segmentOf<T extends Run | Mutable<Run>>(run: T, index: number): T["calls"][number]["segments"][number] {
  const segment = firstCall(run).segments[index];
  if (segment === undefined) throw new Error(`the call has no segment ${index}`);
  return segment as T["calls"][number]["segments"][number];
}

/** Overwrites bytes of a view whose data is at its MAC header, in `bytes` and in the linear part alike. */
export function poke(view: Mutable<SkbView>, offset: number, ...values: readonly number[]): void {
  values.forEach((value, i) => {
    if (view.bytes !== undefined) view.bytes[offset + i] = value;
    if (offset + i < view.linear.length) view.linear[offset + i] = value;
  });
}

/** The least recipe, changed by `change`. */
export function sampleRecipe(change: (recipe: Mutable<Recipe>) => void): Recipe {
  const recipe = deepCopy(leastOf(schema.packets)) as Mutable<Recipe>;
  change(recipe);
  return recipe as Recipe;
}

/** A whole UDP packet in one linear sk_buff, data at the MAC header, with the fields given changed. */
export function sampleView(overrides: Partial<SkbView> = {}): Mutable<SkbView> {
  const frame = sampleFrame({ family: "ipv6" }, sampleUdp("ipv6", samplePayload(5, 0), "full"));
  const whole = view({ serial: 1, family: "ipv6", linear: frame, bytes: frame });
  return deepCopy({ ...whole, ...overrides }) as Mutable<SkbView>;
}

/** A consistent run in which one holder's aggregate was cut as the options say. */
export function sampleRun(options: SampleOptions = {}): Run {
  const { txPath = true } = options;
  const chosen = choose(options);
  const datagrams = chosen.payloads.map((length, k) => samplePayload(length, k));
  const originals = datagrams.map((payload, index) =>
    partFrame(chosen, { payload, at: sumOf(chosen.payloads.slice(0, index)), index, checksum: fieldOf(chosen) }),
  );
  const input = inputView(chosen, datagrams, originals);
  const segments = linked(segmentViews(chosen, datagrams, originals, input));
  const call = callOf(chosen, txPath, input, segments);
  return {
    engine: "sample",
    kernel: "mainline",
    recipe: recipeOf(chosen),
    packet: {
      arrival: "stack",
      errno: "",
      view: input,
      frame: input.bytes ?? new Uint8Array(),
      macLen: SAMPLE_MAC_LEN,
      transportOffset: innerLayout(chosen).transport,
      datagrams,
      originals: isList(chosen) ? originals : [],
      gro: undefined,
      middle: [],
    },
    holders: [
      {
        index: 0,
        exit: "port",
        features: chosen.features,
        operations: [],
        entered: input,
        outcome: "sent",
        dropReason: "",
        frames: segments.map((view) => ({ bytes: view.bytes, view, later: "same" as const })),
        sockets: [],
        cloneFailures: 0,
        disturbances: [],
        kept: undefined,
        interrupted: false,
      },
    ],
    calls: [call],
    faults: [],
    memory: [],
    warnings: [],
    accounts: {
      quiescent: [],
      final: [],
      live: { skbs: 0, heads: 0, pageRefs: 0 },
      heldReferences: {},
      miscounted: [],
    },
    allocations: chosen.listPath ? 0 : segments.length,
    touches: [0],
    trace: [],
  };
}

/** The options with everything filled in, as sampleRun takes them. */
export function choose(options: SampleOptions): Chosen {
  const gso = options.gso ?? "fraglist";
  const payloads = options.payloads ?? [5, 5, 3];
  const list = isList({ gso });
  const listPath = options.listPath ?? list;
  const usual = gso === "ufo" ? 16 : gso === "sctp" ? GSO_BY_FRAGS : (payloads[0] ?? 1);
  return {
    family: options.family ?? "ipv6",
    gso,
    payloads,
    listPath,
    gsoSize: options.gsoSize ?? usual,
    features: options.features ?? NETIF_F_SG | NETIF_F_HW_CSUM,
    checksum: options.checksum ?? (list ? "unnecessary" : "partial"),
    zeroChecksum: options.zeroChecksum ?? false,
    partialSegs: options.partialSegs ?? 1,
    ipId: options.ipId ?? 0xfffe,
    tcpFlags: options.tcpFlags ?? 0x10,
    tunnel: options.tunnel ?? "none",
    outerChecksum: options.outerChecksum ?? false,
  };
}

function recipeOf(chosen: Chosen): Recipe {
  return sampleRecipe((recipe) => {
    const { packet } = recipe;
    packet.family = chosen.family;
    packet.gso = chosen.gso;
    const list = isList(chosen) || chosen.gso === "sctp";
    packet.gsoSize = list ? 0 : chosen.gsoSize;
    packet.ipId = chosen.ipId;
    packet.dontFragment = chosen.gso !== "ufo";
    packet.checksum = chosen.checksum;
    packet.zeroChecksum = chosen.zeroChecksum;
    packet.evenMembers = true;
    const [first = 1, ...rest] = chosen.payloads;
    packet.head.payload = list ? first : sumOf(chosen.payloads);
    packet.tcp.flags = chosen.tcpFlags & ~0x10;
    if (chosen.tunnel !== "none") {
      const { tunnel: kind, outerChecksum: checksum } = chosen;
      packet.tunnels = [{ kind, family: "ipv4", checksum, remcsum: false }];
    }
    const least = deepCopy(leastOf(schema.member)) as Mutable<Recipe>["packet"]["members"][number];
    packet.members = list ? rest.map((payload) => ({ ...least, payload })) : [];
  });
}

const sumOf = (lengths: readonly number[]): number => lengths.reduce((a, b) => a + b, 0);

function callOf(chosen: Chosen, txPath: boolean, input: SkbView, segments: readonly SkbView[]): SegmentationCall {
  const before = {
    skbs: 1 + input.shinfo.members.length,
    heads: 1 + input.shinfo.members.length,
    pageRefs: input.shinfo.frags.length,
  };
  const made = chosen.listPath ? 0 : segments.length;
  return {
    holder: 0,
    features: chosen.features,
    txPath,
    input,
    result: "list",
    errno: "",
    segments,
    chain: "ends",
    lastByPrev: segments.at(-1)?.serial ?? 0,
    after: chosen.listPath ? segments[0] : input,
    listPath: chosen.listPath,
    interrupted: false,
    injectedFailures: 0,
    wmemBefore: 0,
    wmemAfter: 0,
    liveBefore: before,
    liveAfter: {
      skbs: before.skbs + made,
      heads: before.heads + made,
      pageRefs: before.pageRefs + segments.reduce((sum, segment) => sum + segment.shinfo.frags.length, 0),
    },
    iterations: made,
  };
}

/** A copy in which no two places share an object: bending one place must not bend another. */
function deepCopy<T>(value: T): T {
  if (value instanceof Uint8Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map(deepCopy) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deepCopy(inner)])) as T;
}
