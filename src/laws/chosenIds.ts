/** Numbers in a frame that the kernel chooses as it likes: two runs, or two holders, differ there. */
import { getU32, putU32 } from "../bytes/view.js";
import { IPV4_CHECK, IPV4_ID } from "../wire/ipv4.js";
import { IPV6_HLEN } from "../wire/ipv6.js";
import { parsedFrame } from "./parsedFrame.js";

/**
 * The bytes without the identification of an IPv6 fragment, which is drawn anew for each packet (RFC 8200 section 4.5).
 *
 * @param tunnel whether a device put an outer header around the packet: it draws identifications for IPv4 too
 */
export function withoutChosenIds(bytes: Uint8Array, tunnel = false): Uint8Array {
  const parsed = parsedFrame(bytes);
  if (parsed?.version === 4 && tunnel) {
    const [id, check] = [parsed.l3Offset + IPV4_ID, parsed.l3Offset + IPV4_CHECK];
    return bytes
      .slice()
      .fill(0, id, id + 2)
      .fill(0, check, check + 2);
  }
  if (parsed?.version !== 6 || parsed.fragment === undefined) return bytes;
  const masked = bytes.slice();
  for (let at = parsed.l3Offset + IPV6_HLEN; at + 8 <= parsed.l4Offset; at += 8) {
    if (getU32(masked, at + 4) === parsed.fragment.id) putU32(masked, at + 4, 0);
  }
  return masked;
}
