import { expect, test } from "vitest";
import { makeMemory, makeSkb } from "../../skb/testing/make.js";
import { isSkbForwardable } from "./forwardable.js";
import { netDevice } from "./NetDevice.js";

const device = netDevice("B", 0, { mtu: 100, startXmit() {} });

test.each([
  ["as long as the MTU with its link header and a tag", 118, 0, true],
  ["one byte longer", 119, 0, false],
  ["longer, but to be segmented", 119, 50, true],
])("a frame %s", (_, linear, gsoSize, forwardable) => {
  expect(isSkbForwardable(device, makeSkb(makeMemory(), { linear, gsoSize }))).toBe(forwardable);
});
