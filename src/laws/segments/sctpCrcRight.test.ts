import { describe, expect, test } from "vitest";
import { NETIF_F_SCTP_CRC } from "../../abi/features.js";
import { judge } from "../testing/judge.js";
import { bend, poke, sampleRun, segmentOf } from "../testing/sampleRun.js";
import { sctpCrcRight } from "./sctpCrcRight.js";

const packet = sampleRun({ gso: "sctp", payloads: [8, 12], family: "ipv4" });

describe("sctp-crc-right", () => {
  test("holds", () => {
    expect(judge(sctpCrcRight, packet)).toBe("holds");
  });
  test("is broken by a byte that it does not count, and by none at all", () => {
    expect(
      judge(
        sctpCrcRight,
        bend(packet, (r) => poke(segmentOf(r, 1), 50, 9)),
      ),
    ).toEqual(["generic path (sctp)"]);
    expect(
      judge(
        sctpCrcRight,
        bend(packet, (r) => poke(segmentOf(r, 0), 42, 0, 0, 0, 0)),
      ),
    ).toEqual(["generic path (sctp)"]);
  });
  test("does not apply where a device makes it", () => {
    expect(judge(sctpCrcRight, sampleRun({ gso: "sctp", features: NETIF_F_SCTP_CRC }))).toBe("not-applicable");
  });
});
