import { describe, expect, test } from "vitest";
import { withoutChosenIds } from "./chosenIds.js";
import { sampleFragmentHeader, sampleFrame, samplePayload, sampleTunnel, sampleUdp } from "./testing/sampleFrames.js";

const udp = sampleUdp("ipv4", samplePayload(5, 0), "full");
const plain = sampleFrame({ family: "ipv4", id: 7 }, udp);

describe("withoutChosenIds", () => {
  test("takes the identification of a tunnel's own header away, if a device put it there", () => {
    const [one, other] = [1, 2].map((id) => sampleTunnel("vxlan", plain, { id, checksum: false })) as [
      Uint8Array,
      Uint8Array,
    ];
    expect(withoutChosenIds(one, true)).toEqual(withoutChosenIds(other, true));
    expect(withoutChosenIds(one)).not.toEqual(withoutChosenIds(other));
  });
  test("takes that of an IPv6 fragment away", () => {
    const fragment = (id: number) =>
      sampleFrame({ family: "ipv6", protocol: 44 }, Uint8Array.of(...sampleFragmentHeader(0, true, id), ...udp));
    expect(withoutChosenIds(fragment(0x11223344))).toEqual(withoutChosenIds(fragment(0x55667788)));
  });
  test("leaves every other frame as it is", () => {
    expect(withoutChosenIds(plain)).toBe(plain);
  });
});
