/**
 * Reads what a TypeScript source imports and exports, without a compiler.
 *
 * Comments and the contents of strings, templates and regular expressions are blanked first, so that an import inside
 * generated text or an example is not taken for one.
 */

export interface Import {
  /** What stands between the quotes; undefined for a dynamic import of an expression. */
  readonly specifier: string | undefined;
  /** `import type` and `export type`: gone when compiled. */
  readonly typeOnly: boolean;
  readonly dynamic: boolean;
}

/** What stands in front of a slash that begins a regular expression, where one that divides cannot stand. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|throw|new|await|yield))$/;

/** The source with equal length and line breaks, in which only code and the quotes themselves are left. */
export function codeOnly(source: string): string {
  const out = source.split("");
  /** Depths of braces inside the `${` of templates, innermost last. */
  const holes: number[] = [];
  let depth = 0;
  /** The last word or sign of code, which tells a division from a regular expression. */
  let before = "";
  let at = 0;

  function blankTo(end: number): void {
    for (; at < end && at < out.length; at++) if (out[at] !== "\n") out[at] = " ";
  }
  function skipText(quote: string): void {
    at++;
    blankTo(endOfText(source, at, quote));
    if (source[at] === "$") {
      holes.push(++depth);
      before = "{";
      at += 2;
    } else {
      before = quote;
      at++;
    }
  }

  while (at < source.length) {
    const char = source[at] as string;
    const previous = source[at - 1] ?? "";
    if (source.startsWith("//", at)) blankTo(endOf(source, "\n", at));
    else if (source.startsWith("/*", at)) blankTo(endOf(source, "*/", at + 2) + 2);
    else if (char === '"' || char === "'" || char === "`") skipText(char);
    else if (char === "}" && holes.at(-1) === depth) {
      holes.pop();
      depth--;
      skipText("`");
    } else if (char === "/" && BEFORE_REGEX.test(before)) {
      at++;
      blankTo(endOfRegex(source, at));
      at++;
      before = "/";
    } else {
      if (char === "{") depth++;
      if (char === "}") depth--;
      const isPostfix = (char === "!" && /[\w\])]/.test(previous)) || (/[+-]/.test(char) && char === previous);
      if (isPostfix) before = ")";
      else if (/\S/.test(char)) before = /\w/.test(char) && /\w/.test(previous) ? before + char : char;
      at++;
    }
  }
  return out.join("");
}

function endOf(source: string, mark: string, from: number): number {
  const found = source.indexOf(mark, from);
  return found === -1 ? source.length : found;
}

/** Where a string or a stretch of a template ends: at its quote, or at the `${` of a hole. */
function endOfText(source: string, from: number, quote: string): number {
  let at = from;
  while (at < source.length && source[at] !== quote && !(quote === "`" && source.startsWith("${", at))) {
    at += source[at] === "\\" ? 2 : 1;
  }
  return at;
}

function endOfRegex(source: string, from: number): number {
  let inClass = false;
  let at = from;
  while (at < source.length && source[at] !== "\n") {
    const char = source[at];
    if (char === "\\") at++;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (char === "/" && !inClass) return at;
    at++;
  }
  return at;
}

const FROM = /(?<![.\w$])(?:import|export)(\s+type(?=[\s{*]))?[\w$\s{},*]*?\bfrom\s*(["'])/g;
const BARE = /(?<![.\w$])import\s*(["'])/g;
const DYNAMIC = /(?<![.\w$])import\s*\(\s*(["'`]?)/g;

/** Every import, re-export and dynamic import of a source, in the order of the kinds. */
export function importsOf(source: string): Import[] {
  const code = codeOnly(source);
  const quoted = (match: RegExpMatchArray, quote: string): string => {
    const start = (match.index as number) + match[0].length;
    return source.slice(start, code.indexOf(quote, start));
  };
  return [
    ...[...code.matchAll(FROM)].map((match) => ({
      specifier: quoted(match, match[2] as string),
      typeOnly: match[1] !== undefined,
      dynamic: false,
    })),
    ...[...code.matchAll(BARE)].map((match) => ({
      specifier: quoted(match, match[1] as string),
      typeOnly: false,
      dynamic: false,
    })),
    ...[...code.matchAll(DYNAMIC)].map((match) => ({
      specifier: match[1] ? quoted(match, match[1]) : undefined,
      typeOnly: false,
      dynamic: true,
    })),
  ];
}

/** Whether the source has a default export. */
export function hasDefaultExport(source: string): boolean {
  const code = codeOnly(source);
  return /(?<![.\w$])export\s+default\b/.test(code) || /(?<![.\w$])export\s*\{[^}]*\bas\s+default\b/.test(code);
}

/** Owner and member of each, so that this table does not look like a use of them. */
const CLOCKS = [
  ["Math", "random"],
  ["Date", "now"],
  ["process", "hrtime"],
  ["performance", "now"],
] as const;

/** The clocks and unseeded random numbers that a source uses, by name. */
export function clocksIn(source: string): string[] {
  const code = codeOnly(source);
  const used = CLOCKS.filter(([owner, member]) => new RegExp(`\\b${owner}\\s*\\??\\.\\s*${member}\\b`).test(code));
  const names = used.map((clock) => clock.join("."));
  return /\bnew\s+Date\s*\(/.test(code) ? [...names, "new Date"] : names;
}
