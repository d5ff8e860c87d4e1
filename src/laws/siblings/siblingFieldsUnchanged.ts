/** An sk_buff belongs to its holder, even when its data does not. */
import type { SkbView } from "../../recipe/Run.js";
import { law } from "../law.js";
import { judgeDisturbances, whoRan } from "./disturbed.js";

/** The fields that no clone shares, under the kernel's names. `cloned` is judged by itself. */
const FIELDS = [
  ["len", "len"],
  ["dataLen", "data_len"],
  ["head", "head"],
  ["data", "data"],
  ["tail", "tail"],
  ["end", "end"],
  ["users", "users"],
  ["next", "next"],
  ["prev", "prev"],
  ["macLen", "mac_len"],
  ["hdrLen", "hdr_len"],
  ["macHeader", "mac_header"],
  ["networkHeader", "network_header"],
  ["transportHeader", "transport_header"],
  ["innerMacHeader", "inner_mac_header"],
  ["innerNetworkHeader", "inner_network_header"],
  ["innerTransportHeader", "inner_transport_header"],
  ["protocol", "protocol"],
  ["ipSummed", "ip_summed"],
  ["csum", "csum"],
  ["csumStart", "csum_start"],
  ["csumOffset", "csum_offset"],
  ["csumLevel", "csum_level"],
  ["csumValid", "csum_valid"],
  ["encapsulation", "encapsulation"],
  ["remcsumOffload", "remcsum_offload"],
  ["nohdr", "nohdr"],
  ["headFrag", "head_frag"],
  ["slowGro", "slow_gro"],
  ["pktType", "pkt_type"],
  ["priority", "priority"],
  ["mark", "mark"],
  ["hash", "hash"],
  ["vlanProto", "vlan_proto"],
  ["vlanTci", "vlan_tci"],
  ["truesize", "truesize"],
  ["sk", "sk"],
  ["destructor", "destructor"],
  ["dst", "_skb_refdst"],
  ["conntrack", "_nfct"],
  ["extensions", "extensions"],
] as const satisfies readonly (readonly [keyof SkbView, string])[];

export const siblingFieldsUnchanged = law({
  name: "sibling-fields-unchanged",
  law: "While only others run, no field of a holder's own sk_buff changes.",
  standsFor: ["SIB-1", "SIB-12", "I7"],
  check: (run) =>
    judgeDisturbances(run, (disturbance, holder, findings) => {
      const { before, after } = disturbance;
      for (const [key, field] of FIELDS) {
        if (before[key] === after[key]) continue;
        findings.broken({
          place: field,
          expected: String(before[key]),
          received: String(after[key]),
          at: { skb: before.serial, ...whoRan(holder, disturbance) },
        });
      }
      // skb_clone sets it on the original too; it never goes back.
      if (before.cloned && !after.cloned) {
        findings.broken({
          place: "cloned",
          expected: "true",
          received: "false",
          at: { skb: before.serial, ...whoRan(holder, disturbance) },
        });
      }
    }),
});
