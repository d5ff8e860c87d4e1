import { concat } from "../../bytes/concat.js";
import { firstDifference } from "../../bytes/diff.js";
import { hex } from "../../bytes/hexdump.js";
import { IPV6_DADDR, IPV6_HLEN, IPV6_HOP_LIMIT, IPV6_NEXTHDR, IPV6_PAYLOAD_LEN, IPV6_SADDR } from "../../wire/ipv6.js";
import { HOP_JUMBO_TLV_TYPE, IPV6_FRAG_HLEN, IPV6_TLV_JUMBO, NEXTHDR_HOP } from "../../wire/ipv6Ext.js";
import { law } from "../law.js";
import { placeOf, type Segment } from "./cutCall.js";
import { ipv6FragmentHeader } from "./ipv6FragmentHeader.js";
import { checkNetworkHeaders } from "./networkHeader.js";

/**
 * A fragment is compared without its fragment header: what that announces is put back where it came from. The jumbo header
 * of a packet that was too long for the length field is no part of its segments.
 */
export const ipv6RestUnchanged = law({
  name: "ipv6-rest-unchanged",
  law: "The IPv6 headers of a segment, extensions included, are the input's but for the payload length.",
  standsFor: ["SEG-13", "I3", "I14"],
  check: (run) =>
    checkNetworkHeaders(run, 6, ({ cut, segment, headers, into, path, input, bytes, findings }) => {
      const at = placeOf(cut, segment);
      const whole =
        into === "fragments"
          ? withoutFragmentHeader(bytes.subarray(headers.l3Offset, cut.headerLen))
          : bytes.subarray(headers.l3Offset, headers.l4Offset);
      if (whole === undefined) {
        findings.broken({
          place: `fragments: no fragment header${cut.kind}`,
          expected: "a fragment header",
          received: hex(bytes.subarray(headers.l3Offset, cut.headerLen), 64),
          at,
        });
        return;
      }
      if (hasNeedlessJumbo(whole, segment)) {
        const [expected, received] = ["no jumbo header", hex(whole, 128)];
        findings.broken({ place: `${path}: jumbo header`, expected, received, at });
      }
      const expected = masked(input.subarray(headers.l3Offset, headers.l4Offset));
      const received = masked(whole);
      const offset = firstDifference(expected, received);
      if (offset === -1) return;
      const place = `${path}: ${fieldAt(offset)}`;
      findings.broken({ place, expected: hex(expected, 128), received: hex(received, 128), at: { ...at, offset } });
    }),
});

/** RFC 2675: a packet of up to 65535 bytes that says its length in a jumbo header is in error. */
const hasNeedlessJumbo = (headers: Uint8Array, { view }: Segment): boolean =>
  view.len <= MOST_IN_SIXTEEN_BITS &&
  headers[IPV6_NEXTHDR] === NEXTHDR_HOP &&
  headers[IPV6_HLEN + HOP_JUMBO_TLV_TYPE] === IPV6_TLV_JUMBO;

const MOST_IN_SIXTEEN_BITS = 0xffff;

function masked(headers: Uint8Array): Uint8Array {
  return headers.slice().fill(0, IPV6_PAYLOAD_LEN, IPV6_PAYLOAD_LEN + 2);
}

/** The headers as they were before a fragment header went in; undefined when the chain does not lead to one. */
function withoutFragmentHeader(headers: Uint8Array): Uint8Array | undefined {
  const found = ipv6FragmentHeader(headers);
  if (found === undefined) return undefined;
  const whole = concat([headers.subarray(0, found.at), headers.subarray(found.at + IPV6_FRAG_HLEN)]);
  whole[found.announcedAt] = headers[found.at] ?? 0;
  return whole;
}

function fieldAt(offset: number): string {
  if (offset >= IPV6_HLEN) return "extension headers";
  if (offset >= IPV6_DADDR) return "destination";
  if (offset >= IPV6_SADDR) return "source";
  if (offset === IPV6_HOP_LIMIT) return "hop limit";
  return offset === IPV6_NEXTHDR ? "next header" : "traffic class";
}
