/**
 * Counting who refers to whom: the number of references that each object should have, from every list, queue and holder
 * that is known, against the number it records.
 */

import type { Accounts } from "../../recipe/Run.js";
import type { Head } from "../../skb/Head.js";
import type { Page } from "../../skb/Page.js";
import { SKB_DATAREF_MASK, SKBFL_MANAGED_FRAG_REFS } from "../../skb/SharedInfo.js";
import type { SkBuff } from "../../skb/SkBuff.js";
import { CHAIN_LIMIT } from "./Observer.js";

type Miscount = Accounts["miscounted"][number];

/**
 * @param roots every sk_buff that somebody holds, once for each holder of a reference
 * @param freePages pages that somebody outside of fragments and heads refers to, once for each reference
 */
export function census(roots: readonly SkBuff[], freePages: readonly Page[]): Miscount[] {
  const users = new Map<SkBuff, number>();
  const heads = new Map<Head, { all: number; payloadOnly: number }>();
  const pages = new Map<Page, number>();

  const refer = (skb: SkBuff): void => {
    const seen = users.get(skb);
    users.set(skb, (seen ?? 0) + 1);
    if (seen !== undefined) return;
    const known = heads.get(skb.head);
    if (known !== undefined) {
      known.all++;
      if (skb.nohdr) known.payloadOnly++;
      return;
    }
    heads.set(skb.head, { all: 1, payloadOnly: skb.nohdr ? 1 : 0 });
    if (skb.head.page !== undefined) count(pages, skb.head.page);
    const shinfo = skb.head.shinfo.seen();
    if (!(shinfo.flags & SKBFL_MANAGED_FRAG_REFS)) for (const frag of shinfo.frags) count(pages, frag.page);
    let length = 0;
    for (let member = shinfo.fragList; member !== null && length < CHAIN_LIMIT; member = member.next) {
      refer(member);
      length++;
    }
  };
  for (const skb of roots) refer(skb);
  for (const page of freePages) count(pages, page);

  const wrong: Miscount[] = [];
  const compare = (object: string, counted: number, recorded: number): void => {
    if (counted !== recorded) wrong.push({ object, counted, recorded });
  };
  for (const [skb, counted] of users) compare(`${skb.name}.users`, counted, skb.users);
  for (const [head, { all, payloadOnly }] of heads) {
    const dataref = head.shinfo.datarefSeen;
    compare(`shinfo#${head.serial}.dataref`, all, dataref & SKB_DATAREF_MASK);
    // A lone user need not have given its half back.
    if (all > 1) compare(`shinfo#${head.serial}.payload-only`, payloadOnly, dataref >>> 16);
  }
  for (const [page, counted] of pages) compare(`${page.name}.refs`, counted, page.refs);
  return wrong;
}

function count<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
