import { describe, expect, test } from "vitest";
import { judge } from "../testing/judge.js";
import { bend, sampleRun } from "../testing/sampleRun.js";
import { acceptedOrRefused } from "./acceptedOrRefused.js";

const written = (packet: object) => bend(sampleRun(), (run) => void Object.assign(run.packet, packet));

describe("accepted-or-refused", () => {
  test("holds of either", () => {
    const refused = { arrival: "refused", errno: "EINVAL", view: undefined };
    expect([{ arrival: "accepted" }, refused].map((packet) => judge(acceptedOrRefused, written(packet)))).toEqual([
      "holds",
      "holds",
    ]);
  });
  test("is broken by an error with a packet, or by neither", () => {
    expect(judge(acceptedOrRefused, written({ arrival: "refused", errno: "EINVAL" }))).toEqual(["both"]);
    expect(judge(acceptedOrRefused, written({ arrival: "refused", view: undefined }))).toEqual(["neither"]);
  });
  test("does not apply to packets of the stack", () => {
    expect(judge(acceptedOrRefused, sampleRun())).toBe("not-applicable");
  });
});
