import { describe, expect, test } from "vitest";
import { hex } from "../bytes/hexdump.js";
import { putU32 } from "../bytes/view.js";
import { emitSctp, SCTP_CHECKSUM, sctpChecksum, sctpChecksumField } from "./sctp.js";

describe("SCTP header", () => {
  test("is written with a checksum of 0", () => {
    const buf = new Uint8Array(14).fill(0xee);
    expect(emitSctp(buf, 1, { source: 1000, dest: 2000, vtag: 0xdeadbeef })).toBe(12);
    expect(hex(buf)).toBe("ee03e807d0deadbeef00000000ee");
  });

  test("the checksum's bytes stand in little-endian order", () => {
    // CRC32c of "123456789" is 0xe3069283.
    expect(sctpChecksumField(~0xe3069283)).toBe(0x839206e3);
  });

  test("the checksum does not count its own field", () => {
    const buf = Uint8Array.from({ length: 40 }, (_, i) => i);
    const check = sctpChecksum(buf, 3, 30);
    putU32(buf, 3 + SCTP_CHECKSUM, check);
    expect(sctpChecksum(buf, 3, 30)).toBe(check);
    buf[3 + 29] = 0xff;
    expect(sctpChecksum(buf, 3, 30)).not.toBe(check);
  });
});
