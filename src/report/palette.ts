/** The one place where colour is made. All else asks for a meaning and gets plain text where colour is unwanted. */
import { styleText } from "node:util";

export interface Palette {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly changed: (text: string) => string;
}

type Style = Parameters<typeof styleText>[0];

/** A palette that colours, or one whose every function gives back its argument. */
export function palette(coloured: boolean): Palette {
  // validateStream would look at this process's stdout, which is not where the text need go.
  const paint = (style: Style) => (text: string) =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  return {
    strong: paint("bold"),
    faint: paint("dim"),
    good: paint("green"),
    bad: paint(["bold", "red"]),
    changed: paint("yellow"),
  };
}

export const plain: Palette = palette(false);

/** Whether to colour what goes to a stream: a terminal, unless NO_COLOR is set and not empty (no-color.org). */
export function wantsColour(isTTY: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTTY && !env.NO_COLOR && env.TERM !== "dumb";
}
