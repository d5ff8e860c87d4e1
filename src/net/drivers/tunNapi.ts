/**
 * A tap whose frames pass receive offload, in the two ways in which a program can ask for it. Left out: the check of
 * the dissected header length, which never fails; attaching, and the rights that it needs.
 */
import { MAX_SKB_FRAGS } from "../../abi/features.js";
import { concat } from "../../bytes/concat.js";
import { allocPage, NET_SKB_PAD, PAGE_SIZE } from "../../skb/alloc.js";
import { putBytes } from "../../skb/bytes.js";
import { EBUSY, EINVAL, EMSGSIZE, ENOMEM, type Errno } from "../../skb/errno.js";
import { pskbExpandHead } from "../../skb/expand.js";
import { kfreeSkb } from "../../skb/free.js";
import type { Frag } from "../../skb/Page.js";
import { skbPushInner } from "../../skb/pushPull.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { ETH_HLEN } from "../../wire/ethernet.js";
import type { VirtioNetHdr } from "../../wire/virtioNetHdr.js";
import type { GroVerdict } from "../core/gro/gro.js";
import {
  NAPI_POLL_WEIGHT,
  type Napi,
  napiComplete,
  napiFreeFrags,
  napiGetFrags,
  napiGroFrags,
  napiGroReceive,
  napiWeightUsed,
} from "../core/gro/napi.js";
import type { NetKernel } from "../NetKernel.js";
import { type TapLayout, type TapWriter, tunGetUser } from "./tun.js";

const ETH_MAX_MTU = 65_535;

/** @kernel struct tun_file drivers/net/tun.c */
export class TapFile {
  /** Written frames that wait for a poll. @kernel sk_write_queue */
  readonly queue: SkBuff[] = [];
  /** No longer attached to its device. */
  detached = false;

  constructor(
    readonly tap: TapWriter,
    readonly napi: Napi,
  ) {}
}

/**
 * One write() under IFF_NAPI: the frame waits for the next poll.
 *
 * @kernel tun_get_user drivers/net/tun.c v6.12
 */
export function tunNapiGetUser(k: NetKernel, file: TapFile, vnet: VirtioNetHdr, frame: Uint8Array): Errno {
  const written = tunGetUser(k, file.tap, vnet, frame);
  if (written.skb === null) return written.err;
  if (file.detached) {
    kfreeSkb(written.skb);
    return -EBUSY;
  }
  written.skb.dev = file.napi.dev;
  file.queue.push(written.skb);
  return 0;
}

/**
 * One poll: up to `budget` waiting frames. Fewer end the poll; with all of them used, what is held is passed up and the
 * next poll goes on. Returns what became of each frame.
 *
 * @kernel tun_napi_poll drivers/net/tun.c v6.12
 */
export function tunNapiPoll(k: NetKernel, file: TapFile, budget = NAPI_POLL_WEIGHT): GroVerdict[] {
  const taken = file.queue.splice(0, budget);
  const verdicts = taken.map((skb) => napiGroReceive(k, file.napi, skb));
  if (taken.length < budget) napiComplete(k, file.napi, taken.length);
  else napiWeightUsed(k, file.napi);
  return verdicts;
}

/**
 * One writev() under IFF_NAPI_FRAGS: the first segment becomes the linear part and each other one a fragment of exactly
 * its size. The frame goes through receive offload at once.
 *
 * @kernel tun_get_user, tun_napi_alloc_frags drivers/net/tun.c v6.12
 */
export function tunNapiFragsGetUser(
  k: NetKernel,
  file: TapFile,
  vnet: VirtioNetHdr,
  segments: readonly Uint8Array[],
): Errno {
  const { napi } = file;
  let isFilled = false;
  const layOut: TapLayout = (tap) => {
    const skb = tunNapiAllocFrags(napi, tap, segments);
    isFilled = typeof skb !== "number";
    return skb;
  };
  const written = tunGetUser(k, file.tap, vnet, concat(segments), layOut);
  if (written.skb === null) {
    if (isFilled) napi.skb = null;
    return written.err;
  }
  skbPushInner(written.skb, ETH_HLEN);
  if (file.detached) {
    napiFreeFrags(napi);
    return -EBUSY;
  }
  napiGroFrags(k, napi);
  napiComplete(k, napi);
  return 0;
}

/** @kernel tun_napi_alloc_frags drivers/net/tun.c v6.12 */
function tunNapiAllocFrags(napi: Napi, tap: TapWriter, segments: readonly Uint8Array[]): SkBuff | Errno {
  const length = segments.reduce((sum, segment) => sum + segment.length, 0);
  if (segments.length > MAX_SKB_FRAGS + 1 || length > ETH_MAX_MTU - NET_SKB_PAD) return -EMSGSIZE;
  const skb = napiGetFrags(napi, tap.mem);
  if (skb === null) return -ENOMEM;
  const [first = new Uint8Array(), ...rest] = segments;
  const err = growTo(skb, first.length) || fillFrags(skb, rest);
  if (err !== 0) {
    napiFreeFrags(napi);
    return err;
  }
  putBytes(skb, skb.data, first);
  return skb;
}

/** @kernel __skb_grow include/linux/skbuff.h */
function growTo(skb: SkBuff, len: number): Errno {
  const missing = len - skb.len - skb.tailroom;
  if (missing > 0 && pskbExpandHead(skb, 0, missing) !== 0) return -ENOMEM;
  skb.len = len;
  skb.tail = skb.data + len;
  return 0;
}

function fillFrags(skb: SkBuff, segments: readonly Uint8Array[]): Errno {
  const frags: Frag[] = [];
  let err: Errno = 0;
  for (const bytes of segments) {
    const page = bytes.length === 0 || bytes.length > PAGE_SIZE ? undefined : allocPage(skb.mem, bytes.length);
    if (page === undefined || page === null) {
      err = page === null ? -ENOMEM : -EINVAL;
      break;
    }
    skb.mem.arena.bytes.set(bytes, page.base);
    frags.push({ page, offset: 0, len: bytes.length });
  }
  const paged = frags.reduce((sum, frag) => sum + frag.len, 0);
  skb.shinfo.fragsChangedTo(frags);
  skb.len += paged;
  skb.dataLen = paged;
  skb.truesize += paged;
  return err;
}
