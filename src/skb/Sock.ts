/** The parts of a socket that sk_buffs are charged to and queued on. */
import type { SkBuff } from "./SkBuff.js";

/** @kernel struct sock include/net/sock.h */
export class Sock {
  /** Starts at 1: the socket's own reference. */
  wmemAlloc = 1;
  rmemAlloc = 0;
  drops = 0;
  readonly receiveQueue: SkBuff[] = [];

  constructor(
    readonly name: string,
    /** Receive buffer in bytes of truesize. */
    readonly rcvbuf = 212_992,
  ) {}
}
