/** Addresses of the recorded wirings. */
import type { Prefix } from "../../../../net/core/ipAddress.js";

/** The bytes of `10.0.0.1`. */
export const ip4 = (text: string): Uint8Array => Uint8Array.from(text.split("."), Number);

/** The bytes of an IPv6 address with one `::`, such as `fd00::1`. */
export function ip6(text: string): Uint8Array {
  const [front = [], back = []] = text.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = new Array<string>(8 - front.length - back.length).fill("0");
  return Uint8Array.from(
    [...front, ...zeros, ...back].flatMap((group) => {
      const word = Number.parseInt(group, 16);
      return [word >>> 8, word & 0xff];
    }),
  );
}

/** `10.0.0.254/24`, `fd00::254/64`. */
export function prefix(text: string): Prefix {
  const [address = "", bits] = text.split("/");
  return { address: address.includes(":") ? ip6(address) : ip4(address), bits: Number(bits) };
}

/** A local MAC address with this last byte: 02:00:00:00:00:xx. */
export const mac = (last: number): Uint8Array => Uint8Array.of(2, 0, 0, 0, 0, last);

/** The sender of every recorded frame. */
export const SENDER_MAC = mac(0x01);
export const RECEIVER_MAC = mac(0x02);
