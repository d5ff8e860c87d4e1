/** What stops a kernel, as an exception: thrown by the modelled functions, caught where a holder's work begins. */
import { captureSite, type Site } from "./site.js";

export type FaultKind = "BUG" | "PANIC" | "NULLDEREF" | "DIVZERO" | "STALL" | "MEMORY";

/** Ends the work of the holder that runs. The objects stay as they are at that moment, so that they can be looked at. */
export class KernelFault extends Error {
  override readonly name = "KernelFault";
  readonly site: Site;

  constructor(
    readonly kind: FaultKind,
    readonly id: string,
    readonly values: Readonly<Record<string, number>> = {},
  ) {
    super(`${kind}(${id})`);
    this.site = captureSite();
  }
}

/** BUG_ON: stops the kernel when the condition holds. */
export function bugOn(condition: boolean, id: string, values?: Readonly<Record<string, number>>): void {
  if (condition) throw new KernelFault("BUG", id, values);
}

/** The fault of following a NULL pointer. */
export const nullDeref = (id: string, values?: Readonly<Record<string, number>>): KernelFault =>
  new KernelFault("NULLDEREF", id, values);
