import { describe, expect, test } from "vitest";
import { bendGro, groRun } from "../testing/groRun.js";
import { judge } from "../testing/judge.js";
import { mergedOnlyWhenAsked } from "./mergedOnlyWhenAsked.js";

const asked = (run: ReturnType<typeof groRun>, gro: object) =>
  bendGro(
    run,
    (_, { recipe }) => void Object.assign(recipe.packet.gro, { fraglist: false, udpForwarding: false, ...gro }),
  );
const datagrams = groRun({ gso: "udp-l4", payloads: [5, 5] });

describe("merged-only-when-asked", () => {
  test("holds where a device or a listener wants it", () => {
    const wishes = [{ udpForwarding: true }, { fraglist: true }, { listener: "gro" }];
    expect(wishes.map((gro) => judge(mergedOnlyWhenAsked, asked(datagrams, gro)))).toEqual(wishes.map(() => "holds"));
  });
  test("is broken by datagrams merged for nobody", () => {
    expect(judge(mergedOnlyWhenAsked, asked(datagrams, { listener: "plain" }))).toEqual(["datagrams"]);
  });
  test("is broken by a chain that the device was not told to make", () => {
    expect(judge(mergedOnlyWhenAsked, asked(groRun(), { listener: "gro" }))).toEqual(["list"]);
  });
  test("nobody has to ask for TCP", () => {
    expect(judge(mergedOnlyWhenAsked, asked(groRun({ gso: "tcp", payloads: [8, 8] }), {}))).toBe("holds");
  });
});
