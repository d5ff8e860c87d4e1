import { firstDifference } from "../../bytes/diff.js";
import { hex } from "../../bytes/hexdump.js";
import {
  IPV4_CHECK,
  IPV4_DADDR,
  IPV4_FRAG_OFF,
  IPV4_HLEN,
  IPV4_ID,
  IPV4_PROTOCOL,
  IPV4_SADDR,
  IPV4_TOT_LEN,
  IPV4_TTL,
} from "../../wire/ipv4.js";
import { law } from "../law.js";
import { type CutCall, placeOf } from "./cutCall.js";
import { checkNetworkHeaders } from "./networkHeader.js";

/** Also on the list path, where each member has a header of its own: it differs from the head's in what GRO allows to differ. */
export const ipv4RestUnchanged = law({
  name: "ipv4-rest-unchanged",
  law: "The IPv4 header of a segment is the input's but for length, identification, fragment word, checksum.",
  standsFor: ["SEG-12", "I3", "I14"],
  check: (run) =>
    checkNetworkHeaders(run, 4, ({ cut, segment, headers, into, path, input, bytes, findings }) => {
      const { l3Offset, l3HeaderLen } = headers;
      const expected = masked(input.subarray(l3Offset, l3Offset + l3HeaderLen), into);
      const received = masked(bytes.subarray(l3Offset, l3Offset + l3HeaderLen), into);
      const offset = firstDifference(expected, received);
      if (offset === -1) return;
      const place = `${path}: ${fieldAt(offset)}`;
      findings.broken({
        place,
        expected: hex(expected),
        received: hex(received),
        at: { ...placeOf(cut, segment), offset },
      });
    }),
});

/** Without the fields that have laws of their own. Fragmentation also takes DF away. */
function masked(header: Uint8Array, into: CutCall["into"]): Uint8Array {
  const copy = header.slice();
  const fields =
    into === "fragments" ? [IPV4_TOT_LEN, IPV4_ID, IPV4_CHECK, IPV4_FRAG_OFF] : [IPV4_TOT_LEN, IPV4_ID, IPV4_CHECK];
  for (const field of fields) copy.fill(0, field, field + 2);
  return copy;
}

function fieldAt(offset: number): string {
  if (offset >= IPV4_HLEN) return "options";
  if (offset >= IPV4_DADDR) return "destination";
  if (offset >= IPV4_SADDR) return "source";
  if (offset >= IPV4_FRAG_OFF && offset < IPV4_FRAG_OFF + 2) return "fragment word";
  if (offset === IPV4_TTL) return "TTL";
  if (offset === IPV4_PROTOCOL) return "protocol";
  return offset === 0 ? "version" : "TOS";
}
