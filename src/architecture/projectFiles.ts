/** Finds the project on disk, from the sources and from the compiled files alike. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceFile } from "./checkSources.js";

/** The nearest folder above this file that holds a package.json. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json in any folder above ${fileURLToPath(import.meta.url)}`);
    folder = parent;
  }
  return folder;
}

/** Every .ts file below the named folders of the project, sorted by path. A folder that is not there has none. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  const root = projectRoot();
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((f) => join(folder, f)),
    )
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => ({ path: path.split(sep).join("/"), text: readFileSync(join(root, path), "utf8") }));
}
