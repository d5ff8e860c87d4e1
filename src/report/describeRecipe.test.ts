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
