import { describe, expect, test } from "vitest";
import { type Switch, Switchboard } from "./Switchboard.js";

/** Holders that each make so many touches; returns the order of touches, as `holder.touch`, and the board. */
function play(touches: readonly number[], switches: readonly Switch[], first = 0) {
  const order: string[] = [];
  const started = touches.map(() => false);
  const board = new Switchboard(switches, runToEnd);
  function runToEnd(holder: number): boolean {
    if (started[holder] !== false) return false;
    started[holder] = true;
    for (let touch = 1; touch <= (touches[holder] as number); touch++) {
      board.touched(holder, touch);
      order.push(`${holder}.${touch}`);
    }
    return true;
  }
  runToEnd(first);
  touches.forEach((_, holder) => void runToEnd(holder));
  return { order: order.join(" "), taken: board.taken };
}

describe("a switch", () => {
  test("runs another holder to its end before the touch takes effect", () => {
    const one = { holder: 0, touch: 2, to: 1 };
    expect(play([3, 2], [one])).toEqual({ order: "0.1 1.1 1.2 0.2 0.3", taken: [one] });
  });

  test("that no touch reaches does nothing", () => {
    expect(play([2, 1], [{ holder: 0, touch: 3, to: 1 }])).toEqual({ order: "0.1 0.2 1.1", taken: [] });
    expect(play([2, 1], []).order).toBe("0.1 0.2 1.1");
  });

  test("nests within another, as an interrupt does", () => {
    const outer = { holder: 0, touch: 1, to: 1 };
    const inner = { holder: 1, touch: 2, to: 2 };
    expect(play([2, 2, 1], [inner, outer])).toEqual({
      order: "1.1 2.1 1.2 0.1 0.2",
      taken: expect.arrayContaining([outer, inner]),
    });
  });

  test("to a holder that runs already is spent without effect", () => {
    const there = { holder: 0, touch: 1, to: 1 };
    const back = { holder: 1, touch: 1, to: 0 };
    const self = { holder: 1, touch: 2, to: 1 };
    expect(play([2, 2], [there, back, self])).toEqual({ order: "1.1 1.2 0.1 0.2", taken: [there] });
  });

  test("to a holder that has finished, or does not exist, is spent without effect", () => {
    const first = { holder: 0, touch: 1, to: 1 };
    const again = { holder: 0, touch: 2, to: 1 };
    const nobody = { holder: 0, touch: 2, to: 7 };
    expect(play([2, 1], [first, again, nobody])).toEqual({ order: "1.1 0.1 0.2", taken: [first] });
  });

  test("happens with others at the same touch, in their order", () => {
    const [toTwo, toOne] = [
      { holder: 0, touch: 1, to: 2 },
      { holder: 0, touch: 1, to: 1 },
    ];
    expect(play([1, 1, 1], [toTwo, toOne])).toEqual({ order: "2.1 1.1 0.1", taken: [toTwo, toOne] });
  });

  test("is spent by its touch, so that telling the touch again does nothing", () => {
    const ran: number[] = [];
    const board = new Switchboard([{ holder: 0, touch: 1, to: 1 }], (holder) => ran.push(holder) > 0);
    board.touched(0, 2);
    expect(ran).toEqual([]);
    board.touched(0, 1);
    board.touched(0, 1);
    board.touched(3, 1);
    expect(ran).toEqual([1]);
  });
});
