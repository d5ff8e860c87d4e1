/** Honest hand-made runs with several holders, for the tests of laws on siblings, accounts, delivery. */

import { type Recipe, schema } from "../../recipe/Recipe.js";
import type { Disturbance, HolderRun, Run, SegmentationCall, SkbView, SocketRun } from "../../recipe/Run.js";
import { leastOf } from "../../recipe/schema.js";
import { bend, type Mutable, poke, type SampleOptions, sampleRun, sampleView } from "./sampleRun.js";

export interface FloodOptions extends SampleOptions {
  /** What each holder does; a port, a local delivery, a tap unless given. */
  readonly exits?: readonly HolderRun["exit"][];
  /** How many sockets listen to each local delivery; 2 unless given. */
  readonly sockets?: number;
}

const ETH_P_IP = 0x0800;
const FIRST_CLONE = 100;
const FIRST_PRIVATE_HEAD = 200;

/** A run in which every holder has a clone of the sample packet and all did what they should. */
export function floodRun(options: FloodOptions = {}): Run {
  const exits = options.exits ?? ["port", "local", "tap"];
  const sample = sampleRun(options);
  const view = sample.packet.view as SkbView;
  const sampleCall = sample.calls[0] as SegmentationCall;
  const sockets = options.sockets ?? 2;
  const clones = exits.map((_, i) => cloneOf(view, FIRST_CLONE + i, exits.length));
  const holders = exits.map((exit, i) => holderOf(sample, exit, i, clones[i] as SkbView, sockets));
  const calls = exits.flatMap((exit, i) => {
    const once = callBy(sampleCall, i, clones[i] as SkbView);
    return exit === "tap"
      ? []
      : exit === "local" || exit === "loopback"
        ? Array.from({ length: sockets }, () => once)
        : [once];
  });
  const sender = { name: "sender", wmemAlloc: 1, rmemAlloc: 0, chargedTruesize: 0 };
  const run: Run = {
    ...sample,
    recipe: recipeFor(sample.recipe, exits, sockets),
    holders,
    calls,
    accounts: { ...sample.accounts, quiescent: [sender], final: [sender] },
    touches: exits.map(() => 0),
  };
  return bend(run, (copy) => copy.holders.filter(({ exit }) => exit === "route").forEach(withOneHopMore));
}

/** What a router got had one hop left more than what it sent. */
function withOneHopMore({ entered }: Mutable<HolderRun>): void {
  if (entered !== undefined) poke(entered, entered.protocol === ETH_P_IP ? 22 : 21, 65);
}

function recipeFor(recipe: Recipe, exits: readonly HolderRun["exit"][], sockets: number): Recipe {
  const least = leastOf(schema.holder);
  const holders = exits.map((exit) => ({
    ...least,
    exit,
    sockets: Array.from({ length: sockets }, () => leastOf(schema.socket)),
  }));
  return { ...recipe, holders };
}

const cloneOf = (view: SkbView, serial: number, holders: number): SkbView => ({
  ...view,
  serial,
  cloned: holders > 1,
  shinfo: { ...view.shinfo, dataref: holders },
});

function holderOf(sample: Run, exit: HolderRun["exit"], index: number, entered: SkbView, sockets: number): HolderRun {
  const first = sample.holders[0] as HolderRun;
  const outcomes = {
    port: "sent",
    route: "sent",
    vxlan: "sent",
    veth: "sent",
    local: "delivered",
    loopback: "delivered",
    tap: "kept",
    inspect: "inspected",
  } as const;
  const sends = outcomes[exit] === "sent";
  const receives = outcomes[exit] === "delivered";
  return {
    ...first,
    index,
    exit,
    features: sends ? first.features : 0,
    entered,
    outcome: outcomes[exit],
    frames: sends || exit === "inspect" ? first.frames : [],
    sockets: receives ? Array.from({ length: sockets }, (_, i) => socketRun(`receiver ${index}.${i}`, sample)) : [],
    kept: exit === "tap" ? entered : undefined,
  };
}

function socketRun(name: string, sample: Run): SocketRun {
  const datagrams = sample.packet.datagrams.map((payload) => ({
    payload,
    view: sampleView({ truesize: 900, sk: name, destructor: "sock_rfree" }),
    later: "same" as const,
  }));
  return {
    name,
    accepts: "nothing",
    datagrams,
    drops: 0,
    inErrors: 0,
    rcvbufErrors: 0,
    rmemAlloc: 900 * datagrams.length,
  };
}

/** The sample call made by a holder whose clone got a head of its own, as did every member, on the way. */
function callBy(call: SegmentationCall, holder: number, input: SkbView): SegmentationCall {
  if (!call.listPath) return { ...call, holder, input, after: input };
  const segments = call.segments.map((segment, i) => ({ ...segment, serial: i === 0 ? input.serial : segment.serial }));
  const head = FIRST_PRIVATE_HEAD + holder;
  const [first, ...rest] = segments as [SkbView, ...SkbView[]];
  const own = { ...first, head, cloned: false, shinfo: { ...first.shinfo, serial: head, dataref: 1 } };
  return { ...call, holder, input, segments: [own, ...rest], after: own };
}

/** What a holder found in its own sk_buff, changed by `change` while another holder ran. */
export function disturb(run: Run, holder: number, change: (after: Mutable<SkbView>) => void): Run {
  return bend(run, ({ holders }) => {
    const disturbed = holders[holder] as Mutable<HolderRun>;
    const pair = { before: disturbed.entered, after: disturbed.entered, by: [holder === 0 ? 1 : 0] } as Disturbance;
    disturbed.disturbances.push(ownCopy(pair));
    const copy = disturbed.disturbances.at(-1) as Mutable<Disturbance>;
    change(copy.after);
  });
}

/** A pair of views that share nothing with each other. */
const ownCopy = ({ before, after, by }: Disturbance): Mutable<Disturbance> =>
  structuredClone({ before, after: structuredClone(after), by: [...by] }) as Mutable<Disturbance>;

/** A run whose only call failed for want of memory, leaving the input as `change` says. */
export function failedRun(
  options: SampleOptions & { readonly errno?: string },
  change: (after: Mutable<SkbView>) => void = () => {},
): Run {
  return bend(floodRun({ ...options, exits: ["port"] }), (run) => {
    const call = run.calls[0] as Mutable<SegmentationCall>;
    const after = structuredClone(call.input) as Mutable<SkbView>;
    change(after);
    Object.assign(call, {
      result: "error",
      listPath: false,
      errno: options.errno ?? "ENOMEM",
      segments: [],
      lastByPrev: 0,
      after,
      liveAfter: { ...call.liveBefore },
      iterations: 0,
    });
    Object.assign(run.holders[0] as object, { outcome: "dropped", frames: [] });
    run.recipe.failures = [1];
    run.allocations = 1;
  });
}
