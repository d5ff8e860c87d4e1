/**
 * The map from kernel symbols to the functions that model them, read off the `@kernel` tags of the sources.
 * `npm run docs:kernel-map` writes it to docs/kernel-map.md; a test holds that file to the sources.
 *
 * A tag reads `@kernel <symbol> [<file>] [<version>]`, several of these joined by a comma or "and". What does not have this
 * form is a remark and ends the tag.
 */
import type { SourceFile } from "./checkSources.js";

/** Where the modelled functions are. Tags elsewhere name what a law or an engine refers to, not what is modelled. */
export const MAPPED_FOLDERS: readonly string[] = ["src/abi", "src/memory", "src/skb", "src/net"];

export interface KernelMapRow {
  readonly symbol: string;
  /** File in the kernel's tree; empty when the tag does not name it. */
  readonly kernelFile: string;
  /** Our source from the project's root. */
  readonly path: string;
  /** Our name for it: `skbSegment`, `SharedInfo.dataref`. */
  readonly name: string;
}

const TAG = /@kernel\s+([^\n]*)/g;
const SYMBOL = "(?:struct )?[A-Za-z_][\\w.]*";
const KERNEL_FILE = "(?:[\\w-]+/)+[\\w-]+\\.[ch]";
const PART = new RegExp(`^(?:(${SYMBOL})(?: (${KERNEL_FILE}))?|(${KERNEL_FILE}))(?: v\\d+\\.\\d+)?$`);
const TOP_LEVEL = /^(?:export )?(?:abstract )?(?:async )?(?:function|const|class|interface|type) (\w+)/;
const CONTAINER = /^(?:export )?(?:abstract )?(?:(?:class|interface) (\w+)|const (\w+)[^=]*= \{$)/;
const MEMBER = /^ +(?:readonly |private |protected |static )*(?:get |set )?(\w+)\s*[(:=?]/;

/** Every tagged symbol, sorted by symbol and then by place. */
export function kernelMapRows(files: readonly SourceFile[]): KernelMapRow[] {
  const rows = files
    .filter(({ path }) => !path.endsWith(".test.ts") && MAPPED_FOLDERS.some((folder) => path.startsWith(`${folder}/`)))
    .flatMap(rowsOf);
  const key = ({ symbol, path, name }: KernelMapRow): string => `${bare(symbol)} ${symbol} ${path} ${name}`;
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** The whole page. */
export function kernelMapPage(files: readonly SourceFile[]): string {
  const rows = kernelMapRows(files).map(({ symbol, kernelFile, path, name }) => {
    const where = kernelFile === "" ? "" : `\`${kernelFile}\``;
    return `| \`${symbol}\` | ${where} | [\`${name}\`](../${path}) in \`${path.replace(/^src\//, "")}\` |`;
  });
  return [
    "# Kernel map",
    "",
    "Which of our functions models which symbol of the kernel, by symbol without leading underscores. Generated from the",
    "`@kernel` tags in the sources by `npm run docs:kernel-map`; do not edit. [model.md](model.md) says what is left out.",
    "",
    "| kernel symbol | kernel file | here |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

const bare = (symbol: string): string =>
  symbol
    .replace(/^struct /, "")
    .replace(/^_+/, "")
    .toLowerCase();

function rowsOf({ path, text }: SourceFile): KernelMapRow[] {
  return [...text.matchAll(TAG)].flatMap((match) => {
    const name = declaredAfter(text, match.index, path);
    return namedIn(match[1] as string).map(({ symbol, kernelFile }) => ({
      symbol: symbol === "" ? name : symbol,
      kernelFile,
      path,
      name,
    }));
  });
}

/** The symbols of one tag, with their files. */
function namedIn(tag: string): { readonly symbol: string; readonly kernelFile: string }[] {
  const named: { symbol: string; kernelFile: string }[] = [];
  const words = tag.replace(/\s*\*\/.*$/, "").split(/[;:]\s/)[0] as string;
  for (const part of words.trim().split(/,\s+|\s+and\s+/)) {
    const match = PART.exec(part);
    if (match === null || part === "") break;
    const [, symbol = "", fileOfSymbol, fileAlone] = match;
    named.push({ symbol, kernelFile: fileOfSymbol ?? fileAlone ?? "" });
  }
  // "a and b net/core/dev.c": the file is that of both.
  return named.map(({ symbol, kernelFile }, i) => ({
    symbol,
    kernelFile: kernelFile || (named.slice(i).find((later) => later.kernelFile !== "")?.kernelFile ?? ""),
  }));
}

/** The name declared below the comment at `index`; of a comment on the whole file, the file's name. */
function declaredAfter(text: string, index: number, path: string): string {
  const fileName = (path.split("/").at(-1) as string).replace(/\.ts$/, "");
  const line = text
    .slice(text.indexOf("*/", index) + 2)
    .trimStart()
    .split("\n")[0] as string;
  const indented = text.slice(text.lastIndexOf("\n", text.indexOf("*/", index)) + 1).startsWith("  ");
  const top = TOP_LEVEL.exec(line)?.[1];
  if (top !== undefined) return top;
  const member = indented ? MEMBER.exec(`  ${line}`)?.[1] : undefined;
  if (member === undefined) return fileName;
  const containers = text
    .slice(0, index)
    .split("\n")
    .flatMap((one) => CONTAINER.exec(one) ?? []);
  return `${containers.filter((one) => one !== undefined).at(-1) ?? fileName}.${member}`;
}
