import { describe, expect, test } from "vitest";
import { gsoHasIpv6ExtensionHeader, isIpv6WithLongHeader } from "../net/core/extensionHeaders.js";
import { fraglistNullList } from "./bugs/fraglistNullList.js";
import { bugs } from "./bugs/list.js";
import { historicalBug, presence, RELEASES } from "./historicalBug.js";
import { mainline, unfixed } from "./Kernel.js";
import { kernelFor, kernelWith, UnknownKernelName } from "./kernelFor.js";
import { differences, releases } from "./releases.js";

describe("kernelFor", () => {
  test.each([undefined, "mainline"])("%s without bugs is mainline", (name) => {
    expect(kernelFor(name, [])).toEqual({ name: "mainline", bugs: [], seams: mainline.seams });
  });

  test("a release goes by its name with or without the v", () => {
    expect(kernelFor("6.4", []).name).toBe("v6.4");
    expect(kernelFor("6.4", []).bugs).toEqual(kernelFor("v6.4", []).bugs);
  });

  test.each(RELEASES)("%s has the bugs that its column says are present", (release) => {
    const present = bugs.filter((bug) => bug.releases[release] === "present").map(({ id }) => id);
    expect(kernelFor(release, []).bugs).toEqual(expect.arrayContaining(present));
  });

  test("the name tells the release and the bugs that were asked for", () => {
    expect(kernelFor("v6.12", ["mss-overflow-gso-by-frags"]).name).toBe("v6.12+mss-overflow-gso-by-frags");
    expect(kernelWith(fraglistNullList).name).toBe("mainline+fraglist-null-list");
  });

  test("a bug brings along what it requires", () => {
    expect(kernelFor(undefined, ["fraglist-null-list"]).bugs).toEqual(["fraglist-null-list", "fraglist-pulled-udp"]);
    expect(kernelFor(undefined, ["fraglist-truesize-after-unclone"]).bugs).toEqual([
      "fraglist-truesize-subtract",
      "fraglist-truesize-after-unclone",
    ]);
  });

  test("bugs stack in the order of the list, however they are asked for", () => {
    const one = ["fraglist-truesize-subtract", "fraglist-truesize-after-unclone"];
    const kernels = [kernelFor(undefined, one), kernelFor(undefined, [...one].reverse())];
    for (const { bugs: on, seams } of kernels) {
      expect(on).toEqual(one);
      // Sampling after the un-clone replaces sampling before it.
      expect(seams.skbSegmentList.truesizeBefore({ truesize: 7 } as never)).toBe(0);
      expect(seams.skbSegmentList.truesizeAfter({ truesize: 7 } as never)).toBe(7);
    }
  });

  test("a bug asked for twice is on once", () => {
    expect(kernelFor("v6.4", ["fraglist-pulled-udp", "fraglist-pulled-udp"]).bugs).toEqual(kernelFor("v6.4", []).bugs);
  });

  test("an unknown release is named, with those that are known", () => {
    expect(() => kernelFor("v6.5", [])).toThrow(UnknownKernelName);
    expect(() => kernelFor("v6.5", [])).toThrow('there is no kernel "v6.5"; known: mainline, v5.4, v5.15, v6.1');
  });

  test("an unknown bug is named, with those that are known", () => {
    expect(() => kernelFor(undefined, ["fraglist-null"])).toThrow(
      'there is no bug "fraglist-null"; known: fraglist-head',
    );
  });
});

describe("the table of releases", () => {
  // v5.4, v5.15, v6.1, v6.4, v6.6, v6.9, v6.12
  test.each([
    ["fraglist-head-not-uncloned", "-PPPFFF"],
    ["fraglist-null-list", "-PPFFFF"],
    ["fraglist-shared-members", "-FFFFFF"],
    ["fraglist-ext-leak", "-FFFFFF"],
    ["fraglist-truesize-subtract", "-----PP"],
    ["fraglist-truesize-after-unclone", "-PFFFFF"],
    ["gro-merge-keeps-sk", "-PPPPFF"],
    ["fraglist-pulled-udp", "-PPPPPF"],
    ["fraglist-pulled-tcp", "------F"],
    ["fraglist-partial-pull-no-linearize", "------P"],
    ["fraglist-xlat-not-dodgy", "-PPPPPP"],
    ["fraglist-nat4-udp-stale", "-FFFFFF"],
    ["fraglist-nat6-udp-stale", "-PPPPPP"],
    ["fraglist-nethdr-unset", "------P"],
    ["fraglist-csum-start-check", "-------"],
    ["bridge-mc2uc-full-copy", "-PPPPFF"],
    ["fraglist-delivered-unsegmented", "-FFFFFF"],
    ["gro-list-ignores-flush", "-PPPPPP"],
    ["gro-list-nests-gso", "------P"],
    ["mss-overflow-gso-by-frags", "PPPPPFF"],
    ["mixed-head-alloc", "PPFFFFF"],
    ["bpf-grow-fraglist", "PPPPPPF"],
    ["gro-chain-oversize-linear", "??P???P"],
    ["zcopy-stale-frag-cursor", "PPPPFFF"],
    ["segment-frags-not-orphaned", "FFFFFFF"],
    ["shared-frag-flag-lost-on-transfer", "PPPPPPP"],
    ["frag-list-of-frags", "FFFFFFF"],
    ["warn-bad-offload-on-err", "FFFFFFF"],
    ["udp-gso-dodgy-fallthrough", "---PFFF"],
    ["udp-gso-owner-kept", "PPPPPPP"],
    ["udp-gso-csum-none-hw", "-------"],
    ["ipip-null-segs-network-header", "PPFFFFF"],
    ["ipip-gso-recursion", "PPPPPPP"],
    ["ipv6-ext-inner", "-------"],
    ["ipv6-gso-mtu-unchecked", "PFFFFFF"],
    ["gso-max-size-unchecked", "PPPPPFF"],
    ["nsh-unwind-mac", "PPPFFFF"],
    ["nsh-outer-restore", "PPPPPFF"],
    ["mpls-zero-hlen-loop", "PFFFFFF"],
    ["gre-csum-sctp", "PFFFFFF"],
    ["ipvs-sctp-gso-csum", "PPPPPPF"],
    ["gso-features-unpulled-iphdr", "PPPPPPP"],
    ["udp-gro-zero-payload", "FFFFFFF"],
    ["udp-gro-misdirection", "FFFFFFF"],
    ["udp-rcv-proto-sign", "PFFFFFF"],
    ["udp-rcv-post-segment-csum", "PFFFFFF"],
    ["udp-gro-tunnel-l4-agg", "-FFFFFF"],
    ["udp-gro-flist-complete-encap", "-FFFFFF"],
    ["udp-gro-noflush", "-FFFFFF"],
    ["udp-gso-lands-in-tunnel", "-PPPPFF"],
    ["udp-rcv-ufo-segment", "PPPPPPP"],
    ["udp-gro-inner-l3-as-outer", "PPPPPFF"],
    ["gro-dodgy-merged", "--PFFFF"],
    ["gro-merge-zcopy", "--PPPPP"],
    ["gro-bigtcp-criteria", "--PPPPP"],
    ["gro-frags-eth-uaf", "FFFFFFF"],
    ["vnet-thlen-beyond-linear", "PFFFFFF"],
    ["vnet-gso-size-exceeds-len", "PFFFFFF"],
    ["vnet-silly-gso-rejected", "-FFFFFF"],
    ["vnet-ufo-transport-header", "-PFFFFF"],
    ["vnet-uso-unvalidated", "---PFFF"],
    ["vnet-min-network-header", "-PPPPFF"],
    ["vnet-missing-check-overstrict", "-------"],
    ["vnet-bad-csum-start", "PPPPPPF"],
    ["vnet-tso-csum-offset-overstrict", "-------"],
  ])("%s: %s", (id, row) => {
    expect(bugs.find((bug) => bug.id === id)?.releases).toEqual(presence(row));
  });

  test("a row is one letter a release", () => {
    expect(presence("-PF?-PF")).toEqual({
      "v5.4": "absent",
      "v5.15": "present",
      "v6.1": "fixed",
      "v6.4": "unknown",
      "v6.6": "absent",
      "v6.9": "present",
      "v6.12": "fixed",
    });
    expect(() => presence("-PF")).toThrow('"-PF" is not 7 letters');
    expect(() => presence("-PF?-PX")).toThrow("letters of P, F, - and ?");
  });

  test("every bug has an id of its own, a fix and a story, laws that catch it, and known requirements", () => {
    expect(new Set(bugs.map(({ id }) => id)).size).toBe(bugs.length);
    for (const bug of bugs) {
      expect(historicalBug(bug)).toBe(bug);
      expect(bug.id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(bug.fixedBy.commit).toMatch(/^([0-9a-f]{12}|unknown)$/);
      expect(bug.story.length).toBeGreaterThan(40);
      expect(bug.caughtBy).not.toEqual([]);
      for (const id of bug.requires) expect(bugs.map((one) => one.id)).toContain(id);
    }
  });
});

describe("harmless differences", () => {
  const seamsOf = (release: string) => kernelFor(release, []).seams;
  const device = { gsoMaxSize: 100_000, gsoIpv4MaxSize: 5000 } as never;

  test("one size limit up to v6.9, where a bug does not keep it from being looked at, then one for each family", () => {
    const limits = (release: string) => [true, false].map((ipv6) => seamsOf(release).dev.gsoMaxSize(device, ipv6));
    expect(limits("v6.6")).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(limits("v6.9")).toEqual([100_000, 100_000]);
    expect(limits("v6.12")).toEqual([100_000, 5000]);
  });

  test("the narrow extension header test up to v6.12", () => {
    expect(seamsOf("v6.12").dev.gsoStoppedByExtensionHeader).toBe(gsoHasIpv6ExtensionHeader);
    expect(seamsOf("v6.12").dev.csumStoppedByExtensionHeader).toBe(isIpv6WithLongHeader);
    expect(mainline.seams.dev.gsoStoppedByExtensionHeader).not.toBe(gsoHasIpv6ExtensionHeader);
  });

  test("IPv6 addresses of a TCP list carried over without the checksum up to v6.12", () => {
    const adjusts = [seamsOf("v6.12"), mainline.seams].map(({ tcpOffload }) => tcpOffload.adjustsForIpv6Address());
    expect(adjusts).toEqual([false, true]);
  });

  test("UDP segmentation does not ask for a partial checksum up to v6.9", () => {
    const none = { ipSummed: 0 } as never;
    expect(seamsOf("v6.9").udpOffload.featuresForSummed(none, -1)).toBe(-1);
    expect(seamsOf("v6.12").udpOffload.featuresForSummed(none, -1)).not.toBe(-1);
    const skb = { ipSummed: 0 };
    seamsOf("v6.9").udpOffload.settleInputSummed(skb as never);
    expect(skb.ipSummed).toBe(0);
    seamsOf("v6.12").udpOffload.settleInputSummed(skb as never);
    expect(skb.ipSummed).toBe(1);
  });

  test("no lower bound of csum_start up to v6.9", () => {
    expect([true, false].map((ipv6) => seamsOf("v6.9").virtioNet.leastCsumStart(ipv6))).toEqual([0, 0]);
    expect([true, false].map((ipv6) => seamsOf("v6.12").virtioNet.leastCsumStart(ipv6))).toEqual([40, 20]);
  });

  test("each release lists its own", () => {
    expect(releases.map(({ name }) => name)).toEqual([...RELEASES]);
    for (const { name, differences: says } of releases) {
      expect(says).toEqual(differences.filter((one) => one.in.includes(name)).map((one) => one.says));
    }
  });
});

describe("unfixed", () => {
  test("replaces a seam, handing it what was in force, and leaves everything else", () => {
    const twice = unfixed(mainline.seams, { gso: { ipRecursionLimit: (inForce) => () => inForce() * 2 } });
    const more = unfixed(twice, { gso: { ipRecursionLimit: (inForce) => () => inForce() + 1 } });
    expect(more.gso.ipRecursionLimit()).toBe(11);
    expect(mainline.seams.gso.ipRecursionLimit()).toBe(5);
    expect(more.dev).toBe(mainline.seams.dev);
  });
});
