import { historicalBug, presence } from "../historicalBug.js";

export const gsoMaxSizeUnchecked = historicalBug({
  id: "gso-max-size-unchecked",
  symbols: ["gso_features_check"],
  fixedBy: { commit: "24ab059d2ebd", subject: "net: check dev->gso_max_size in gso_features_check()" },
  introduced: "82cc1a7a5687, v2.6.25",
  fixedIn: "v6.7 (6.6.9); for IPv4 v6.12",
  releases: presence("PPPPPFF"),
  story:
    "How large a packet a device takes was told to TCP sockets, but packets from elsewhere were handed over at any size: drivers count in 16 bits.",
  caughtBy: ["device-given-what-it-declared"],
  requires: [],
  unfix: {
    dev: { gsoMaxSize: () => () => Number.POSITIVE_INFINITY },
  },
});
