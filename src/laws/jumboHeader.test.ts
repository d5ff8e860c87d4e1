import { describe, expect, test } from "vitest";
import { SKB_GSO_TCPV6 } from "../abi/features.js";
import { concat } from "../bytes/concat.js";
import type { SkbView } from "../recipe/Run.js";
import { ETH_P_8021Q, ETH_P_IPV6 } from "../wire/ethernet.js";
import { withoutJumboHeader } from "./jumboHeader.js";
import { sampleFrame, samplePayload, sampleTcp } from "./testing/sampleFrames.js";
import { sampleView } from "./testing/sampleRun.js";

const short = sampleFrame(
  { family: "ipv6", protocol: 6 },
  sampleTcp("ipv6", samplePayload(5, 0), "full", { seq: 1, flags: 0x10 }),
);

/** A frame with this jumbo header, in a view that says it is 70,000 bytes long. */
function big(nextHeader: number, option = 0xc2, more: Partial<SkbView> = {}): SkbView {
  const jumbo = Uint8Array.of(nextHeader, 0, option, 4, 0, 1, 0x11, 0x70);
  const bytes = concat([short.subarray(0, 54), jumbo, short.subarray(54)]);
  bytes[20] = 0;
  const view = sampleView({ linear: bytes, bytes, len: 70_000, protocol: ETH_P_IPV6, ...more });
  return { ...view, shinfo: { ...view.shinfo, gsoType: SKB_GSO_TCPV6 } };
}

const taken = (view: SkbView): Uint8Array => withoutJumboHeader(view.bytes ?? view.linear, view);

describe("withoutJumboHeader", () => {
  test("takes it off a packet above 65535 bytes", () => {
    expect(taken(big(6))).toEqual(short);
  });

  test.each([
    ["a packet that its length field can describe", big(6, 0xc2, { len: 65_535 })],
    ["a packet behind a tag", big(6, 0xc2, { protocol: ETH_P_8021Q })],
    ["a header in front of another extension header", big(60)],
    ["another option", big(6, 0x01)],
  ])("leaves alone %s", (_, view) => {
    expect(taken(view)).toBe(view.bytes);
  });

  test("leaves alone what is not TCP over IPv6", () => {
    const view = big(6);
    expect(taken({ ...view, shinfo: { ...view.shinfo, gsoType: 0 } })).toBe(view.bytes);
  });
});
