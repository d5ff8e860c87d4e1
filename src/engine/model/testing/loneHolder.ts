/** Whole runs of one holder, for unit tests: what came out, read slowly. */
import { expect } from "vitest";
import { hex } from "../../../bytes/hexdump.js";
import { mainline } from "../../../kernel/Kernel.js";
import {
  type DeviceRecipe,
  type HolderRecipe,
  type MemberRecipe,
  type PacketRecipe,
  type Recipe,
  schema,
} from "../../../recipe/Recipe.js";
import type { HolderRun, Run } from "../../../recipe/Run.js";
import { leastOf } from "../../../recipe/schema.js";
import { modelEngine } from "../modelEngine.js";
import { lastOf, namesIn, type ReadFrame, readFrame } from "./readFrame.js";

const engine = modelEngine(mainline);
const least = leastOf(schema.packet);
export type Drawn = Partial<Omit<PacketRecipe, "gro">> & { readonly gro?: Partial<PacketRecipe["gro"]> };
export const head = (payload: number, more: Partial<PacketRecipe["head"]> = {}) => ({
  ...least.head,
  payload,
  ...more,
});
export const members = (...payloads: readonly number[]): MemberRecipe[] =>
  payloads.map((payload) => ({ ...leastOf(schema.member), payload }));
export const tag = (tci: number) => ({ tpid: "802.1Q", tci }) as const;

/** What one holder made of a packet. Nobody noticed anything, and everything was given back. */
export function ran(
  exit: HolderRecipe["exit"],
  drawn: Drawn,
  device: Partial<DeviceRecipe> = {},
  more: Partial<Recipe> = {},
) {
  const holder = leastOf(schema.holder);
  const recipe: Recipe = {
    ...leastOf(schema.packets),
    packet: { ...least, cast: "unicast", hopLimit: 64, ...drawn, gro: { ...least.gro, ...drawn.gro } },
    holders: [{ ...holder, exit, device: { ...holder.device, ...device } }],
    ...more,
  };
  const run = engine.run(recipe);
  expect(quiet(run)).toEqual(QUIET);
  const [only] = run.holders as [HolderRun];
  const frames = only.frames.map(({ bytes }) => bytes ?? new Uint8Array());
  return { run, holder: only, frames, reads: frames.map(readFrame), payloads: frames.map(payloadOf) };
}
const quiet = ({ faults, memory, warnings, accounts }: Run) => ({
  faults: faults.map(({ id }) => id),
  memory: memory.map(({ kind, field }) => `${kind} ${field}`),
  warnings: warnings.map(({ id }) => id),
  miscounted: accounts.miscounted,
  live: accounts.live,
  held: Object.values(accounts.heldReferences).filter((count) => count !== 0),
  final: accounts.final.map(({ wmemAlloc, chargedTruesize }) => [wmemAlloc, chargedTruesize]),
});
const QUIET = {
  faults: [],
  memory: [],
  warnings: [],
  miscounted: [],
  live: { skbs: 0, heads: 0, pageRefs: 0 },
  held: [],
  final: [[1, 0]],
};
const payloadOf = (frame: Uint8Array): string => hex(frame.subarray(readFrame(frame).payloadAt), 100_000);
export const datagrams = ({ packet }: Run): string[] => packet.datagrams.map((one) => hex(one, 100_000));
export const names = (reads: readonly ReadFrame[]): string[] => [...new Set(reads.map(namesIn))];
export const sums = (reads: readonly ReadFrame[], name: string): (string | undefined)[] => [
  ...new Set(reads.map((read) => lastOf(read, name).sum)),
];
export const wrong = (reads: readonly ReadFrame[]): string[] => reads.flatMap((read) => [...read.wrong]);
export const mac = (frame: Uint8Array, at: number): string => hex(frame.subarray(at, at + 6));
