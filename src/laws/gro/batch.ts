/** A batch of frames that went through receive offload, with what laws want to know of each, worked out once for a run. */
import { CHECKSUM_PARTIAL, SKB_GSO_FRAGLIST } from "../../abi/features.js";
import type { GroDelivery, GroFrame, Run } from "../../recipe/Run.js";
import type { FrameLayer } from "../../wire/frameLayers.js";
import { suffixOfType } from "../gsoKind.js";
import { gsoLayerIndex } from "../gsoLayer.js";
import { payloadIn } from "../history.js";
import { Findings, type Verdict } from "../law.js";
import { parsedLayers } from "../parsedFrame.js";

export interface ArrivedFrame {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly frame: GroFrame;
  readonly layers: readonly FrameLayer[];
  /** Whether the tap or the engine let it in. */
  readonly taken: boolean;
}

/** A packet that was merged of several frames, with headers that can be read. */
export interface Aggregate {
  /** Place in the order of delivery. */
  readonly index: number;
  readonly delivery: GroDelivery;
  /** Its layers up to the one whose payload was merged. */
  readonly layers: readonly FrameLayer[];
  readonly layer: FrameLayer;
  readonly isList: boolean;
  readonly frames: readonly ArrivedFrame[];
  /** For places: ` (tcp)`, ` (fraglist)`. */
  readonly kind: string;
}

export interface Batch {
  readonly frames: readonly ArrivedFrame[];
  readonly delivered: readonly GroDelivery[];
  readonly aggregates: readonly Aggregate[];
}

const known = new WeakMap<Run, Batch | "none">();

/**
 * Undefined where nothing arrived frame by frame. Which frames a packet was made of is told from the payload, so a batch
 * with a frame that has none is left out, and so is one in which a fault came in between.
 */
export function batchOf(run: Run): Batch | undefined {
  if (run.packet.gro === undefined || run.faults.length > 0) return undefined;
  let batch = known.get(run);
  if (batch === undefined) {
    batch = readBatch(run) ?? "none";
    known.set(run, batch);
  }
  return batch === "none" ? undefined : batch;
}

/** Judges every aggregate of a run. */
export function checkAggregates(run: Run, check: (aggregate: Aggregate, findings: Findings) => void): Verdict {
  const findings = new Findings();
  for (const aggregate of batchOf(run)?.aggregates ?? []) check(aggregate, findings);
  return findings.verdict();
}

/** Where a violation lies, for the reader. */
export const placeIn = ({ index }: Aggregate, frame?: ArrivedFrame): Readonly<Record<string, number>> =>
  frame === undefined ? { packet: index } : { packet: index, frame: frame.index };

/** The layer of a frame that answers to the merged one. */
export const layerOfFrame = ({ layers }: Aggregate, frame: ArrivedFrame): FrameLayer | undefined =>
  frame.layers[layers.length - 1];

/** What a frame brought to an aggregate, padding aside. */
export function payloadOfFrame(aggregate: Aggregate, frame: ArrivedFrame): Uint8Array {
  const layer = layerOfFrame(aggregate, frame);
  return layer === undefined ? frame.bytes.subarray(frame.bytes.length) : payloadIn(frame.bytes, layer);
}

/** Whether the checksum was left to whoever sends the frame on. */
export const isPartial = ({ frame }: ArrivedFrame): boolean => frame.ipSummed === CHECKSUM_PARTIAL;

function readBatch({ packet: { gro } }: Run): Batch | undefined {
  if (gro === undefined) return undefined;
  const frames = gro.frames.map(
    (frame, index): ArrivedFrame => ({
      index,
      bytes: frame.bytes,
      frame,
      layers: parsedLayers(frame.bytes),
      taken: !/^E[A-Z]+$/.test(frame.result),
    }),
  );
  if (frames.some(isEmpty)) return undefined;
  const aggregates = gro.delivered.flatMap((delivery, index) => aggregateOf(delivery, index, frames) ?? []);
  return { frames, delivered: gro.delivered, aggregates };
}

function isEmpty({ bytes, layers }: ArrivedFrame): boolean {
  const innermost = layers.at(-1);
  return innermost === undefined || payloadIn(bytes, innermost).length === 0;
}

function aggregateOf(delivery: GroDelivery, index: number, frames: readonly ArrivedFrame[]): Aggregate | undefined {
  const { gsoSize, gsoType } = delivery.view.shinfo;
  if (gsoSize === 0) return undefined;
  const all = parsedLayers(delivery.frame);
  const layers = all.slice(0, gsoLayerIndex(all, gsoType) + 1);
  const layer = layers.at(-1);
  if (layer === undefined) return undefined;
  const tunnels = layers.slice(0, -1).flatMap(({ carries }) => carries?.kind ?? []);
  return {
    index,
    delivery,
    layers,
    layer,
    isList: (gsoType & SKB_GSO_FRAGLIST) !== 0,
    frames: delivery.made.flatMap((i) => frames[i] ?? []),
    kind: suffixOfType(gsoType, tunnels),
  };
}
