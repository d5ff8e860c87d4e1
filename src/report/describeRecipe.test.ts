import { describe, expect, test } from "vitest";
import { sampleRecipe } from "../laws/testing/sampleRun.js";
import { schema } from "../recipe/Recipe.js";
import { leastOf } from "../recipe/schema.js";
import { describePacket, describeRecipe } from "./describeRecipe.js";

const member = { ...leastOf(schema.member), payload: 91 };

describe("describeRecipe", () => {
  test("says hardly anything of the least recipe", () => {
    expect(describeRecipe(sampleRecipe(() => {}))).toBe(
      "ipv6 udp multicast fraglist gso_size=1: head 1 linear | holders port",
    );
  });

  test("draws the shape of a list", () => {
    const recipe = sampleRecipe(({ packet }) => {
      packet.head.payload = 91;
      packet.members = [{ ...member }];
    });
    expect(describePacket(recipe.packet)).toBe(
      "ipv6 udp multicast fraglist gso_size=91: head 91 linear | list [91 linear]",
    );
  });

  test("says what lies in fragments, what repeats and what is unusual about a member", () => {
    const recipe = sampleRecipe(({ packet }) => {
      packet.head = { ...packet.head, payload: 300, paged: 200, frags: 2 };
      packet.members = [{ ...member }, { ...member }, { ...member, cloned: true, users: 1, paged: 70_000 }];
    });
    expect(describePacket(recipe.packet)).toBe(
      "ipv6 udp multicast fraglist gso_size=300: head 100 + 200 paged in 2 frags | list [91 linear x2, 91 paged in 1 frag users=1 cloned]",
    );
  });

  test("names every field of the packet that is not at its least", () => {
    const recipe = sampleRecipe(({ packet }) => {
      packet.gso = "none";
      packet.vlan = [{ tpid: "802.1ad", tci: 5 }];
      packet.zeroChecksum = true;
      packet.checksum = "partial";
    });
    expect(describePacket(recipe.packet)).toBe(
      "ipv6 udp multicast no-gso vlan=[(tpid=802.1ad tci=5)] zeroChecksum checksum=partial: head 1 linear",
    );
  });

  test("names the transport, and says of each kind what makes it one", () => {
    const shapes = (["tcp", "tcp-fraglist", "sctp", "udp-l4", "ufo"] as const).map((gso) =>
      describePacket(
        sampleRecipe(({ packet }) => {
          packet.gso = gso;
          packet.gsoSize = 9;
          packet.tcp.flags = 8;
        }).packet,
      ),
    );
    expect(shapes).toEqual([
      "ipv6 tcp unicast gso_size=9 tcp=(flags=8): head 1 linear",
      "ipv6 tcp unicast fraglist gso_size=1 tcp=(flags=8): head 1 linear",
      "ipv6 sctp unicast gso_size=by-frags: head 1 linear",
      "ipv6 udp multicast udp-l4 gso_size=9: head 1 linear",
      "ipv6 udp multicast ufo gso_size=9: head 1 linear",
    ]);
  });

  test("a list has another gso_size than its first datagram only when somebody changed it", () => {
    const changed = sampleRecipe(({ packet }) => {
      packet.gsoSize = 9;
      packet.dodgy = true;
    });
    expect(describePacket(changed.packet)).toBe("ipv6 udp multicast fraglist gso_size=9 dodgy: head 1 linear");
  });

  test("says which tunnels it is in, outermost first", () => {
    const recipe = sampleRecipe(({ packet }) => {
      packet.tunnels = [
        { kind: "vxlan", family: "ipv6", checksum: true, remcsum: true },
        { kind: "ip", family: "ipv4", checksum: false, remcsum: false },
        { kind: "ip", family: "ipv4", checksum: false, remcsum: false },
      ];
    });
    expect(describePacket(recipe.packet)).toBe(
      "ipv6 udp multicast in vxlan over ipv6 (checksum remcsum) in ip over ipv4 x2 fraglist gso_size=1: head 1 linear",
    );
    const labelled = sampleRecipe(({ packet }) => {
      packet.tunnels = [{ kind: "mpls", family: "ipv4", checksum: false, remcsum: false }];
    });
    expect(describePacket(labelled.packet)).toBe("ipv6 udp multicast in mpls fraglist gso_size=1: head 1 linear");
  });

  test("lists datagrams that arrive by themselves side by side, without a gso_size", () => {
    const recipe = sampleRecipe(({ packet }) => {
      packet.arrival = "tap-napi";
      packet.gso = "tcp";
      packet.gsoSize = 5;
      packet.head.payload = 91;
      packet.gro.listener = "gro";
      packet.members = [{ ...member, odd: "ack", flow: 2 }, { ...member }];
    });
    expect(describePacket(recipe.packet)).toBe(
      "ipv6 tcp unicast one by one through tap-napi gro=(listener=gro): [91 linear, 91 linear odd=ack flow=2, 91 linear]",
    );
  });

  test("tells what came whole from a tap", () => {
    const recipe = sampleRecipe(({ packet }) => {
      packet.arrival = "tap";
      packet.gso = "udp-l4";
    });
    expect(describePacket(recipe.packet)).toBe("ipv6 udp multicast udp-l4 gso_size=1 from tap: head 1 linear");
  });

  test("tells what happens on the way before the holders", () => {
    const recipe = sampleRecipe((it) => {
      it.middle = [
        { do: "pull", bytes: 12 },
        { do: "encapsulate", bytes: 0 },
      ];
    });
    expect(describeRecipe(recipe)).toContain(": head 1 linear | middle pull 12 then encapsulate | holders port");
  });

  test("tells the holders, their steps, and the order of things", () => {
    const recipe = sampleRecipe((it) => {
      const holder = structuredClone(it.holders[0]);
      if (!holder) return;
      it.holders = [
        {
          ...holder,
          before: [
            { do: "pull", bytes: 12 },
            { do: "unclone", bytes: 0 },
          ],
        },
        {
          ...holder,
          exit: "local",
          sockets: [{ accepts: "l4", convertsChecksum: false, filters: true, smallBuffer: false }],
        },
      ];
      it.cloning = "in-turn";
      it.turns = [1, 0];
      it.switches = [{ holder: 0, touch: 2, to: 1 }];
      it.failures = [3];
    });
    expect(describeRecipe(recipe)).toContain(
      "holders pull 12 then unclone then port, local (sockets=[(accepts=l4 filters)]) | cloned in-turn | turns 1 0 | at touch 2 of holder 0 holder 1 runs | allocations 3 fail",
    );
  });
});
