/** The things a holder does to its sk_buff before its exit, each as a well-behaved user of the primitives does it. */

import { CHECKSUM_PARTIAL, SKB_GSO_DODGY } from "../../abi/features.js";
import { skbCrc32cCsumHelp } from "../../net/core/crc32cCsum.js";
import type { OperationRecipe } from "../../recipe/Recipe.js";
import { skbChecksumHelp } from "../../skb/checksumHelp.js";
import { skbShareCheck } from "../../skb/copy.js";
import { ENOMEM, errnoName } from "../../skb/errno.js";
import { skbCow, skbHeaderUnclone, skbUnclone } from "../../skb/expand.js";
import { kfreeSkb, skbGet } from "../../skb/free.js";
import { skbOrphan } from "../../skb/owner.js";
import { pskbMayPull, skbLinearize } from "../../skb/pullTail.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { pskbTrimRcsum } from "../../skb/trim.js";
import { headersBehindData } from "./buildPacket.js";
import type { Holder } from "./Holder.js";
import { translateAddresses } from "./middle.js";
import type { World } from "./World.js";

/** Operations that change the sk_buff: nobody may do that to one that is shared. */
const CHANGING: ReadonlySet<OperationRecipe["do"]> = new Set([
  "pull",
  "trim",
  "unclone",
  "header-unclone",
  "cow",
  "linearize",
  "orphan",
  "checksum-help",
  "mark-dodgy",
  "nat-source",
  "nat-destination",
]);

/** Does one operation and says how it went: `ok`, or the name of an errno. The holder may lose its sk_buff. */
export function operate(world: World, holder: Holder, operation: OperationRecipe): string {
  let skb = holder.skb;
  if (skb === null) return "nothing to do it to";
  if (CHANGING.has(operation.do)) {
    skb = holder.skb = skbShareCheck(skb);
    if (skb === null) {
      holder.outcome = "dropped";
      holder.dropReason = "share-check";
      return "ENOMEM";
    }
  }
  const err = apply(world, holder, skb, operation);
  if (typeof err === "string") return err;
  return err === 0 ? "ok" : errnoName(err);
}

function apply(world: World, holder: Holder, skb: SkBuff, { do: what, bytes }: OperationRecipe): number | string {
  const at = Math.min(skb.len, headersBehindData(skb) + bytes);
  switch (what) {
    case "pull":
      return pskbMayPull(skb, at) ? 0 : -ENOMEM;
    case "trim":
      return pskbTrimRcsum(skb, at);
    case "unclone":
      return skbUnclone(skb);
    case "header-unclone":
      return skbHeaderUnclone(skb);
    case "cow":
      return skbCow(skb, skb.headroom + Math.min(bytes, 4096));
    case "linearize":
      return skbLinearize(skb) ? 0 : -ENOMEM;
    case "orphan":
      skbOrphan(skb);
      return 0;
    case "get":
      holder.extra.push(skbGet(skb));
      return 0;
    case "put":
      kfreeSkb(holder.extra.pop() ?? null);
      return 0;
    case "checksum-help":
      return checksumHelp(skb);
    case "nat-source":
    case "nat-destination":
      return translateAddresses(world, skb, what === "nat-source");
    case "mark-dodgy": {
      // As a packet filter does that changes the geometry: its own copy of the shared info first.
      const err = skbCow(skb, skb.headroom);
      if (err !== 0) return err;
      if (skb.shinfo.gsoSize !== 0) skb.shinfo.gsoType |= SKB_GSO_DODGY;
      return 0;
    }
  }
}

/** As whoever hands packets to a program does it (nf_queue_checksum_help). */
function checksumHelp(skb: SkBuff): number {
  if (skb.ipSummed !== CHECKSUM_PARTIAL || skb.shinfo.gsoSize !== 0) return 0;
  return skb.csumNotInet ? skbCrc32cCsumHelp(skb) : skbChecksumHelp(skb);
}
