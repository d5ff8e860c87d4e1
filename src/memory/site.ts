/**
 * Where in the modelled code something happened, read off the JavaScript stack only when there is something to report.
 *
 * Modelled functions carry the kernel's names in camelCase (`skbSegmentList`, with the suffix `Inner` for a leading
 * double underscore), so a stack of ours reads as a stack of the kernel's.
 */

/** Kernel symbols, innermost first. */
export type Site = readonly string[];

const MODELLED_FILE = /[\\/]src[\\/](skb|net)[\\/]/;
const SEAM_FILE = /\.seams\.[jt]s$/;
/** Sums and single fields: the caller is the place that a reader looks for. */
const PART_OF_CALLER = /(Csum|SendCheck|CsumReplace[0-9]+)$/;
const KERNEL_NAME =
  /^(skb|pskb|kfree|consume|alloc|udp|udpv4|udpv6|ip6|ipv6|ip|inet|validate|netif|dev|sock|tun|br|virtio|packet|gso|tcp|can|eth|vlan|net|build|gre|gro|vxlan|veth|iptunnel|lco|napi|ipip|mpls|nsh|sit|sctp|tcpv4|tcpv6|icmp|icmpv6|neigh|nf|bpf)[A-Z0-9]/;

/** `skbGsoSegmentInner` is `__skb_gso_segment`. */
export function kernelSymbol(name: string): string {
  const inner = name.endsWith("Inner");
  const stem = inner ? name.slice(0, -"Inner".length) : name;
  return (inner ? "__" : "") + stem.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The modelled functions that are running now, innermost first, without repetitions in a row. */
export function captureSite(): Site {
  const prepare = Error.prepareStackTrace;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  Error.prepareStackTrace = (_error, frames) => frames;
  const holder: { stack?: NodeJS.CallSite[] } = {};
  Error.captureStackTrace(holder, captureSite);
  const frames = holder.stack ?? [];
  Error.prepareStackTrace = prepare;
  Error.stackTraceLimit = limit;

  const site: string[] = [];
  for (const frame of frames) {
    const name = frame.getFunctionName();
    const file = frame.getFileName();
    if (!name || !file || !MODELLED_FILE.test(file) || SEAM_FILE.test(file) || !KERNEL_NAME.test(name)) continue;
    if (PART_OF_CALLER.test(name)) continue;
    const symbol = kernelSymbol(name);
    if (site.at(-1) !== symbol) site.push(symbol);
  }
  return site;
}
