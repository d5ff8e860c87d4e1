/** Names for the parts of a packet, so that a place in a signature says what was hit without a number. */
import { SKB_GSO_SCTP } from "../../abi/features.js";
import { firstDifference } from "../../bytes/diff.js";
import type { SkbView } from "../../recipe/Run.js";
import { SCTP_HLEN } from "../../wire/sctp.js";
import { TCP_DOFF } from "../../wire/tcp.js";
import { UDP_HLEN } from "../../wire/udp.js";
import { GSO_TCP } from "../gsoLayer.js";

/**
 * The part of the packet that lies `offset` bytes behind the view's data, told by the view's own header offsets: the
 * headers as one, for whoever writes where he may not rarely writes one field alone.
 */
export function areaOf(view: SkbView, offset: number): "headers" | "payload" {
  return view.data + offset < headerEnd(view) ? "headers" : "payload";
}

/** Where the payload begins, as the view's header offsets count: a TCP header tells its own length. */
export function headerEnd({ transportHeader, innerTransportHeader, encapsulation, shinfo, ...view }: SkbView): number {
  const at = encapsulation ? innerTransportHeader : transportHeader;
  if ((shinfo.gsoType & GSO_TCP) !== 0) {
    const first = Math.min(view.data, view.macHeader);
    return at + ((view.linear[at - first + TCP_DOFF] ?? 0) >>> 4) * 4;
  }
  return at + ((shinfo.gsoType & SKB_GSO_SCTP) !== 0 ? SCTP_HLEN : UDP_HLEN);
}

/** The part in which two readings of a packet first differ; `length` when one only ends earlier. They do differ. */
export function areaOfDifference(view: SkbView, expected: Uint8Array, received: Uint8Array): string {
  const at = firstDifference(expected, received);
  const endsEarlier = at >= Math.min(expected.length, received.length);
  return endsEarlier ? "length" : areaOf(view, at);
}

/** The packet from its MAC header on, wherever its data stands; undefined when it cannot be read whole. */
export function frameOf(view: SkbView): Uint8Array | undefined {
  if (view.bytes === undefined) return undefined;
  const pulled = view.data - view.macHeader;
  if (pulled <= 0 || pulled > view.linear.length) return view.bytes;
  const frame = new Uint8Array(pulled + view.bytes.length);
  frame.set(view.linear.subarray(0, pulled));
  frame.set(view.bytes, pulled);
  return frame;
}
