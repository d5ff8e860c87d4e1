/**
 * The releases that can be asked for, and in what they differ from mainline without being wrong.
 *
 * Left out, because nothing that is modelled shows it: the small-head allocator (a recipe names its allocator), the
 * counter that a last release leaves behind, the errno of the jumbo header, the file placement.
 */
import { gsoHasIpv6ExtensionHeader, isIpv6WithLongHeader } from "../net/core/extensionHeaders.js";
import { RELEASES, type Release } from "./historicalBug.js";
import type { Unfix } from "./Kernel.js";

export interface Difference {
  readonly id: string;
  readonly says: string;
  readonly in: readonly Release[];
  readonly unfix: Unfix;
}

const until = (last: Release): readonly Release[] => RELEASES.slice(0, RELEASES.indexOf(last) + 1);

export const differences: readonly Difference[] = [
  {
    id: "one-gso-max-size",
    says: "one size limit for both families",
    in: until("v6.9"),
    unfix: { dev: { gsoMaxSize: () => (device) => device.gsoMaxSize } },
  },
  {
    id: "narrow-extension-header-test",
    says: "IPv6 extension headers are told by the header's length alone, and only where the type says TCP or UDP_L4",
    in: until("v6.12"),
    unfix: {
      dev: {
        gsoStoppedByExtensionHeader: () => gsoHasIpv6ExtensionHeader,
        csumStoppedByExtensionHeader: () => isIpv6WithLongHeader,
      },
    },
  },
  {
    id: "tcpv6-list-address-unadjusted",
    says: "members of a TCP list get the first one's IPv6 addresses without a change of their checksum",
    in: until("v6.12"),
    unfix: { tcpOffload: { adjustsForIpv6Address: () => () => false } },
  },
  {
    id: "udp-gso-trusts-summed",
    says: "UDP segmentation does not ask whether the checksum is partial",
    in: until("v6.9"),
    unfix: {
      udpOffload: { featuresForSummed: () => (_skb, features) => features, settleInputSummed: () => () => {} },
    },
  },
  {
    id: "vnet-no-least-offset",
    says: "a tap takes a checksum start in front of any possible IP header",
    in: until("v6.9"),
    unfix: { virtioNet: { leastCsumStart: () => () => 0 } },
  },
];

export const releases = RELEASES.map((name) => ({
  name,
  differences: differences.filter((difference) => difference.in.includes(name)).map((difference) => difference.says),
}));
