/** Honest hand-made runs in which frames arrived one by one and were merged, for the laws on receive offload. */
import { CHECKSUM_NONE, NETIF_F_SG } from "../../abi/features.js";
import type { GroDelivery, GroFrame, Run, SkbView } from "../../recipe/Run.js";
import { samplePayload } from "./sampleFrames.js";
import { type Chosen, isList, partFrame } from "./samplePackets.js";
import { bend, choose, type Mutable, type SampleOptions, sampleRun } from "./sampleRun.js";

export interface GroOptions extends SampleOptions {
  /** How many of the frames were merged, from the first on; the others came through alone. All unless given. */
  readonly merged?: number;
}

/** What a run of receive offload needs to be bent by tests. */
export type MutableGro = NonNullable<Mutable<Run>["packet"]["gro"]>;

/** A run whose frames were merged as the options say, and whose packet left a port that segments nothing. */
export function groRun(options: GroOptions = {}): Run {
  const features = options.features ?? NETIF_F_SG;
  const own = options.gso === "fraglist" || options.gso === undefined || options.gso === "tcp-fraglist";
  const { payloads = [5, 5, 3], merged = payloads.length } = options;
  const settings = {
    ...options,
    payloads: payloads.slice(0, merged),
    features: own ? (options.features ?? 3) : features,
  };
  const frames = framesOf(choose({ ...settings, payloads }));
  const run = sampleRun(settings);
  const first: GroDelivery = {
    view: atNetwork(run.packet.view as SkbView),
    frame: run.packet.frame,
    made: Array.from({ length: merged }, (_, i) => i),
  };
  const alone = frames.slice(merged).map((frame, i) => lone(frame, merged + i));
  return bend(run, ({ packet, recipe }) => {
    packet.arrival = "accepted";
    packet.originals = [];
    recipe.packet.arrival = "gro";
    Object.assign(recipe.packet.gro, { fraglist: own, udpForwarding: !own, listener: "none" });
    packet.gro = { frames, delivered: [first, ...alone], followed: 0 } as unknown as MutableGro;
  });
}

/** Every frame as it arrived, its checksum complete and nobody vouching for it. */
function framesOf(chosen: Chosen): GroFrame[] {
  let at = 0;
  return chosen.payloads.map((length, index) => {
    const last = index === chosen.payloads.length - 1;
    // FIN and PSH come with the last frame; a list is merged of equal ones only.
    const flags = last || isList(chosen) ? chosen.tcpFlags : chosen.tcpFlags & ~0x09;
    const checksum = chosen.zeroChecksum ? "zero" : "full";
    const bytes = partFrame(chosen, { payload: samplePayload(length, index), at, index, checksum, flags });
    at += length;
    return { bytes, flow: 0, ipSummed: CHECKSUM_NONE, result: index === 0 ? "held" : "merged" };
  });
}

/** The view as receive offload hands it on: data at the network header. */
function atNetwork(view: SkbView): SkbView {
  const macLen = view.networkHeader - view.macHeader;
  const { bytes, data, len } = view;
  return { ...view, data: data + macLen, len: len - macLen, bytes: bytes?.subarray(macLen) };
}

/** A packet of one frame. */
function lone({ bytes }: GroFrame, index: number): GroDelivery {
  const { packet } = sampleRun({ gso: "ufo", payloads: [1] });
  const whole = { ...(packet.view as SkbView), linear: bytes, bytes, len: bytes.length, dataLen: 0 };
  const shinfo = { ...whole.shinfo, frags: [], gsoSize: 0, gsoSegs: 0, gsoType: 0 };
  const tail = whole.data + bytes.length;
  return { view: atNetwork({ ...whole, tail, end: tail, shinfo }), frame: bytes, made: [index] };
}

/** A copy of the run with something in its batch changed. */
export const bendGro = (run: Run, change: (gro: MutableGro, run: Mutable<Run>) => void): Run =>
  bend(run, (copy) => {
    if (copy.packet.gro !== undefined) change(copy.packet.gro, copy);
  });
