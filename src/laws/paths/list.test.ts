import { expect, test } from "vitest";
import { describeLaws } from "../testing/describeLaws.js";
import { floodRun } from "../testing/floodRun.js";
import { judge } from "../testing/judge.js";
import { bend } from "../testing/sampleRun.js";
import { pathComparisonLaws, pathLaws } from "./list.js";

/** A router that forgot to lower the hop limit. */
const forgetful = bend(floodRun({ exits: ["route"] }), ({ holders }) => {
  for (const { bytes } of holders[0]?.frames ?? []) bytes?.fill(65, 21, 22);
});

describeLaws("pathLaws", [...pathLaws, ...pathComparisonLaws], [forgetful]);

test("none applies to packets that only leave a port", () => {
  expect(pathLaws.filter((law) => judge(law, floodRun()) !== "not-applicable")).toEqual([]);
});
