import { describe, expect, test } from "vitest";
import { isRewritten, keepsPieces, stepsBefore } from "./operations.js";
import { bend, sampleRun } from "./testing/sampleRun.js";

const run = bend(sampleRun(), ({ recipe, packet }) => {
  recipe.middle = [
    { do: "translate", bytes: 0 },
    { do: "unclone", bytes: 0 },
  ];
  packet.middle = ["not applicable", "ok"];
  if (recipe.holders[0] !== undefined) recipe.holders[0].before = [{ do: "pull", bytes: 3 }];
});

describe("operations", () => {
  test("are those of the middle that did something, then the holder's own", () => {
    expect(stepsBefore(run, 0)).toEqual(["unclone", "pull"]);
    expect(stepsBefore(run, 7)).toEqual(["unclone"]);
  });
  test("rewrite a packet only where they came to it", () => {
    expect(isRewritten(run, 0)).toBe(false);
    expect(
      isRewritten(
        bend(run, ({ packet }) => void (packet.middle = ["ok", "ok"])),
        0,
      ),
    ).toBe(true);
    expect(
      isRewritten(
        bend(run, ({ recipe }) => void (recipe.packet.rewritten = "source")),
        0,
      ),
    ).toBe(true);
  });
  test("keep the pieces of a packet unless one moves bytes between them", () => {
    expect(keepsPieces(run)).toBe(true);
    expect(
      keepsPieces(
        bend(
          run,
          ({ recipe }) =>
            void (recipe.middle = [
              { do: "clone", bytes: 0 },
              { do: "pull", bytes: 9 },
            ]),
        ),
      ),
    ).toBe(false);
  });
});
