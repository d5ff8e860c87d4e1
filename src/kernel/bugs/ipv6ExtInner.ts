import { gsoHasLongOuterHeader } from "../../net/core/extensionHeaders.js";
import { historicalBug, presence } from "../historicalBug.js";

export const ipv6ExtInner = historicalBug({
  id: "ipv6-ext-inner",
  symbols: ["gso_features_check"],
  fixedBy: { commit: "c4336a07eb6b", subject: "net: correctly handle tunneled traffic on IPV6_CSUM GSO fallback" },
  introduced: "864e3396976e, v6.17",
  fixedIn: "v7.0",
  releases: presence("-------"),
  story:
    "Whether there are IPv6 extension headers was told by the outer header's length even for what is in a tunnel: packets were segmented here for nothing, or left to a device that does not step over the inner ones.",
  caughtBy: ["takes-whole-what-it-can", "checksum-right-on-the-wire", "tunnel-checksums-right-on-the-wire"],
  requires: [],
  unfix: {
    dev: { gsoStoppedByExtensionHeader: () => gsoHasLongOuterHeader },
  },
});
