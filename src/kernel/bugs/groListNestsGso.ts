import { historicalBug, presence } from "../historicalBug.js";

export const groListNestsGso = historicalBug({
  id: "gro-list-nests-gso",
  symbols: ["tcp4_check_fraglist_gro", "tcp6_check_fraglist_gro", "tcp_gro_receive"],
  fixedBy: { commit: "66817a979426", subject: "net: gro: Fix nesting of TCP GSO SKBs in skb_gro_receive_list()" },
  introduced: "v6.10",
  fixedIn: "after v7.2 (6.12.111)",
  releases: presence("------P"),
  story:
    "What the hardware had merged already joined a list of TCP segments as one member: a member of many segments, longer than gso_size.",
  caughtBy: ["merged-list-shape", "merged-count-right", "list-keeps-datagrams"],
  requires: [],
  unfix: {
    tcpGro: { staysOutOfLists: () => () => false },
  },
});
