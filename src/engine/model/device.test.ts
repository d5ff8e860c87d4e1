import { describe, expect, test } from "vitest";
import { featureNames } from "../../abi/features.js";
import { mainline } from "../../kernel/Kernel.js";
import { Memory } from "../../memory/Memory.js";
import { type DeviceRecipe, schema } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { deviceOf } from "./exits.js";
import { Holder } from "./Holder.js";
import { World } from "./World.js";

const capable = { sg: true, checksum: "hw" } as const;

function device(more: Partial<DeviceRecipe>) {
  const least = leastOf(schema.holder);
  const holder = new Holder(0, { ...least, device: { ...least.device, ...more } });
  return deviceOf(new World(new Memory(), mainline.seams), holder);
}
const features = (more: Partial<DeviceRecipe>): string => featureNames(device(more).features);

describe("an egress device", () => {
  test("declares what the recipe names", () => {
    expect(features(capable)).toBe("SG HW_CSUM HIGHDMA");
    expect(features({ ...capable, tso: true })).toBe("TSO TSO6 SG HW_CSUM HIGHDMA");
    expect(features({ ...capable, tso: true, tsoEcn: true, tsoMangleId: true })).toBe(
      "TSO TSO_ECN TSO_MANGLEID TSO6 SG HW_CSUM HIGHDMA",
    );
    expect(features({ ...capable, sctp: true })).toBe("GSO_SCTP SG HW_CSUM HIGHDMA SCTP_CRC");
  });

  test("declares nothing that its other features do not bear", () => {
    expect(features({ tso: true, tsoEcn: true, tsoMangleId: true, checksum: "hw" })).toBe("HW_CSUM HIGHDMA");
    expect(features({ ...capable, tsoEcn: true, tsoMangleId: true })).toBe("SG HW_CSUM HIGHDMA");
  });

  test("without encapsulation does little for what is inside a tunnel", () => {
    expect(featureNames(device({ ...capable, tso: true }).hwEncFeatures)).toBe("GSO_PARTIAL SG");
  });

  test("with encapsulation does the same inside a tunnel as outside", () => {
    const { features: outside, hwEncFeatures } = device({ ...capable, tso: true, encapsulation: true });
    expect(featureNames(outside)).toBe(
      "TSO TSO6 GSO_GRE GSO_GRE_CSUM GSO_IPXIP4 GSO_IPXIP6 GSO_UDP_TUNNEL GSO_UDP_TUNNEL_CSUM SG HW_CSUM HIGHDMA",
    );
    expect(featureNames(hwEncFeatures & ~outside)).toBe("GSO_PARTIAL");
    expect(outside & ~hwEncFeatures).toBe(0);
  });

  test("cuts datagrams partly, and outer headers where it knows any", () => {
    const partial = (more: Partial<DeviceRecipe>): string =>
      featureNames(device({ ...capable, gsoPartial: true, ...more }).gsoPartialFeatures);
    expect(partial({})).toBe("GSO_UDP_L4");
    expect(partial({ encapsulation: true })).toBe(
      "GSO_GRE GSO_GRE_CSUM GSO_IPXIP4 GSO_IPXIP6 GSO_UDP_TUNNEL GSO_UDP_TUNNEL_CSUM GSO_UDP_L4",
    );
    expect(partial({ ufo: true })).toBe("none");
  });

  test("has the MTU and the limits of the recipe", () => {
    const { mtu, gsoMaxSize, gsoIpv4MaxSize, gsoMaxSegs } = device({ mtu: 1500, big: true, gsoMaxSegs: 3 });
    expect([mtu, gsoMaxSize, gsoIpv4MaxSize, gsoMaxSegs]).toEqual([1500, 185_000, 185_000, 3]);
  });
});
