/** One holder: its sk_buff, the steps it has left, and what it was given. */

import type { NetDevice } from "../../net/core/NetDevice.js";
import type { UdpSock } from "../../net/ipv4/UdpSock.js";
import type { HolderRecipe } from "../../recipe/Recipe.js";
import type { DatagramOut, Disturbance, FrameOut, HolderRun, SkbView } from "../../recipe/Run.js";
import type { SkBuff } from "../../skb/SkBuff.js";

/** A frame or datagram that has been handed over and is still alive. */
export interface Handed {
  readonly skb: SkBuff;
  readonly view: SkbView;
  /** What a reader got when it was handed over. */
  readonly bytes: Uint8Array | undefined;
  later: Uint8Array | "same" | undefined;
  freed: boolean;
}

export class Holder {
  /** Its own sk_buff while it has one. */
  skb: SkBuff | null = null;
  /** Further references it took with `get`. */
  readonly extra: SkBuff[] = [];
  /** Index of the next step: operations, then the exit, then the release. */
  nextStep = 0;
  born = false;
  running = false;
  interrupted = false;
  /** Its state after its last own step, and who has run since. */
  last: SkbView | undefined;
  readonly ranSince: number[] = [];

  readonly operations: string[] = [];
  readonly disturbances: Disturbance[] = [];
  readonly frames: Handed[] = [];
  readonly datagrams: Handed[][] = [];
  sockets: UdpSock[] = [];
  rmemAfter: number[] = [];
  device: NetDevice | undefined;
  entered: SkbView | undefined;
  outcome: HolderRun["outcome"] | undefined;
  dropReason = "";
  cloneFailures = 0;
  kept: SkbView | undefined;

  constructor(
    readonly index: number,
    readonly recipe: HolderRecipe,
  ) {}

  /** Operations, one exit, and a release where the recipe has one. */
  get steps(): number {
    return this.recipe.before.length + 1 + (this.recipe.release ? 1 : 0);
  }

  get hasFinished(): boolean {
    return this.nextStep >= this.steps;
  }

  /** The record of this holder for the run. */
  record(features: number): HolderRun {
    return {
      index: this.index,
      exit: this.recipe.exit,
      features,
      operations: this.operations,
      entered: this.entered,
      outcome: this.outcome ?? "unborn",
      dropReason: this.dropReason,
      frames: this.frames.map(frameOut),
      sockets: this.sockets.map((sk, i) => ({
        name: sk.name,
        accepts: this.recipe.sockets[i]?.accepts ?? "nothing",
        datagrams: (this.datagrams[i] ?? []).map(datagramOut),
        drops: sk.drops,
        inErrors: sk.inErrors,
        rcvbufErrors: sk.rcvbufErrors,
        rmemAlloc: this.rmemAfter[i] ?? 0,
      })),
      cloneFailures: this.cloneFailures,
      disturbances: this.disturbances,
      kept: this.kept,
      interrupted: this.interrupted,
    };
  }
}

const frameOut = ({ bytes, view, later }: Handed): FrameOut => ({ bytes, view, later });
const datagramOut = ({ bytes, view, later }: Handed): DatagramOut => ({ payload: bytes, view, later });
