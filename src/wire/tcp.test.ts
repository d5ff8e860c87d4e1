import { expect, test } from "vitest";
import { fromHex, hex } from "../bytes/hexdump.js";
import { emitTcp, TCPHDR_ACK, TCPHDR_PSH, tcpNoopOptions } from "./tcp.js";

const header = {
  source: 5000,
  dest: 5001,
  seq: 0xfffffffc,
  ackSeq: 7,
  flags: TCPHDR_ACK | TCPHDR_PSH,
  window: 0x1000,
  check: 0x1426,
  urgPtr: 3,
};

test("a TCP header without options", () => {
  const buf = new Uint8Array(24).fill(0xee);
  expect(emitTcp(buf, 2, { ...header, options: new Uint8Array(0) })).toBe(20);
  expect(hex(buf)).toBe(`eeee${"13881389fffffffc00000007"}${"5018100014260003"}eeee`);
});

test("a TCP header with options", () => {
  const buf = new Uint8Array(60);
  expect(emitTcp(buf, 0, { ...header, options: tcpNoopOptions(10) })).toBe(60);
  expect(buf.slice(12, 14)).toEqual(fromHex("f018"));
  expect(buf.slice(20)).toEqual(new Uint8Array(40).fill(1));
});
