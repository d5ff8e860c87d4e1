import { describe, expect, test } from "vitest";
import { gsoTypeNames } from "../../abi/features.js";
import { mainline } from "../../kernel/Kernel.js";
import { Memory } from "../../memory/Memory.js";
import { type PacketRecipe, schema } from "../../recipe/Recipe.js";
import { leastOf } from "../../recipe/schema.js";
import { arrive } from "./arrival.js";
import { planPacket } from "./packetPlan.js";
import { World } from "./World.js";

const least = leastOf(schema.packet);

function arrived(more: Partial<PacketRecipe>) {
  const world = new World(new Memory(), mainline.seams);
  const plan = planPacket({ ...least, arrival: "tap", ...more });
  return { world, plan, ...arrive(world, plan) };
}
function typeOf(more: Partial<PacketRecipe>): string {
  const { skb } = arrived({ gso: "tcp", gsoSize: 100, head: { ...least.head, payload: 300 }, ...more });
  return gsoTypeNames(skb?.head.shinfo.seen().gsoType ?? 0);
}

describe("TCP written into a tap", () => {
  test("has the type of its family, and ECN with CWR", () => {
    expect(typeOf({})).toBe("DODGY TCPV6");
    expect(typeOf({ family: "ipv4", tcp: { ...least.tcp, flags: 0x80 } })).toBe("TCPV4 DODGY TCP_ECN");
  });

  test("names its checksum field when that is left for later", () => {
    const { skb } = arrived({
      gso: "tcp",
      checksum: "partial",
      gsoSize: 100,
      head: { ...least.head, payload: 300 },
    });
    expect(skb?.csumOffset).toBe(16);
    expect((skb?.csumStart ?? 0) - (skb?.macHeader ?? 0)).toBe(54);
    expect(skb?.head.shinfo.seen().gsoSize).toBe(100);
  });

  test("no longer than a segment is a plain packet", () => {
    expect(typeOf({ gsoSize: 1000 })).toBe("none");
  });
});

describe("other packets written into a tap", () => {
  test("keep their types", () => {
    expect(typeOf({ gso: "udp-l4", checksum: "partial" })).toBe("DODGY UDP_L4");
    expect(typeOf({ gso: "ufo" })).toBe("DODGY UDP");
    expect(typeOf({ gso: "none" })).toBe("none");
  });

  test("are refused where the header says what is not so", () => {
    expect(arrived({ gso: "udp-l4", checksum: "none", head: { ...least.head, payload: 300 } }).errno).toBe("EINVAL");
  });
});
