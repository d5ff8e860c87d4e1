/** Holds a set of source files to the rules of the house and names each place that breaks one. */
import { posix } from "node:path";
import { layers, MAX_LINES, mayUseTheClock, packageHomes, propertiesMayImport, testSupport } from "./layers.js";
import { clocksIn, hasDefaultExport, type Import, importsOf } from "./sourceText.js";

/** Path from the project's root, with forward slashes, and the text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface Edge extends Import {
  readonly from: string;
  /** Path of the imported source from the project's root; undefined for a package or an expression. */
  readonly to: string | undefined;
}

/** A test, or what tests of its folder have in common. */
const isTest = (path: string): boolean => path.endsWith(".test.ts") || path.includes("/testing/");
const isWithin = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);
const withoutSrc = (path: string): string => path.replace(/^src\//, "");

/** One line for each violation, in the order of the files; empty when every rule is kept. */
export function checkSources(files: readonly SourceFile[]): string[] {
  const edges = files.map((file) => edgesOf(file));
  return [
    ...files.flatMap((file, i) => [...problemsOf(file), ...(edges[i] as Edge[]).flatMap(problemsOfEdge)]),
    ...cycles(files, edges),
  ];
}

function edgesOf(file: SourceFile): Edge[] {
  return importsOf(file.text).map((found) => ({
    ...found,
    from: file.path,
    to: found.specifier?.startsWith(".")
      ? posix.join(posix.dirname(file.path), found.specifier.replace(/\.js$/, ".ts"))
      : undefined,
  }));
}

/** The innermost layer that a file lies in; undefined outside `src/` and for its entry files. */
function layerOf(path: string): string | undefined {
  if (!path.startsWith("src/")) return undefined;
  const fitting = layers.filter(({ folder }) => isWithin(path, `src/${folder}`)).map(({ folder }) => folder);
  return fitting.sort((a, b) => b.length - a.length)[0];
}

function problemsOf({ path, text }: SourceFile): string[] {
  const problems: string[] = [];
  const layer = layerOf(path);
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const isInSrc = path.startsWith("src/");
  if (isInSrc && layer === undefined && path !== "src/index.ts" && !isTest(path)) {
    problems.push(`${path} lies in no layer: add its folder to src/architecture/layers.ts, or move it`);
  }
  if (isInSrc && lines > MAX_LINES) problems.push(`${path} has ${lines} lines: at most ${MAX_LINES}`);
  if (isInSrc && path !== "src/index.ts" && posix.basename(path) === "index.ts") {
    problems.push(`${path} is a folder index: src/index.ts is the only one, import the file you need`);
  }
  if (hasDefaultExport(text)) problems.push(`${path} has a default export: exports are named`);
  if (isInSrc && !isTest(path) && !mayUseTheClock.includes(layer ?? "")) {
    for (const clock of clocksIn(text)) {
      problems.push(`${path} uses ${clock}: only ${mayUseTheClock.join(", ")} may, so that a case can be repeated`);
    }
  }
  return problems;
}

function problemsOfEdge(edge: Edge): string[] {
  const { from, to, specifier } = edge;
  if (specifier === undefined) {
    const mayLoad = ["runner", "cli"].includes(layerOf(from) ?? "") || isTest(from);
    return mayLoad ? [] : [`${from} imports what an expression names: only runner, cli may`];
  }
  if (to === undefined) {
    const home = packageHomes[specifier.split("/")[0] as string];
    return home === undefined || from === home ? [] : [`${from} imports ${specifier}: only ${home} may`];
  }
  const support = testSupport.find(({ folder }) => isWithin(to, folder) && !isWithin(from, folder));
  if (support !== undefined && !(isTest(from) && isWithin(from, support.testsOf))) {
    return [`${from} imports ${to}: only tests in ${support.testsOf} may import ${support.folder}`];
  }
  if (isWithin(from, "properties")) return problemsOfProperty(edge);
  return problemsOfLayer(edge);
}

/** Tests of properties drive the runner and read the corpus; a declaration does neither. */
function problemsOfProperty({ from, to }: Edge): string[] {
  const imported = to as string;
  if (isWithin(imported, "properties")) return [];
  const isDeclaration = !isTest(from) && !/^properties\/(?:quality|oracle|support)\//.test(from);
  const allowed = isDeclaration
    ? propertiesMayImport.some((place) => isWithin(imported, place))
    : !["skb", "net", "memory"].includes(layerOf(imported) ?? "");
  if (allowed) return [];
  const rule = isDeclaration
    ? `properties may import ${propertiesMayImport.join(", ")}`
    : "tests of properties may not import skb, net, memory";
  return [`${from} imports ${imported}: ${rule}`];
}

function problemsOfLayer({ from, to, typeOnly }: Edge): string[] {
  const own = layerOf(from);
  if (own === undefined) return [];
  const name = `${withoutSrc(from)} imports ${withoutSrc(to as string)}`;
  const other = layerOf(to as string);
  const { mayImport, typesOf = [] } = layers.find(({ folder }) => folder === own) as (typeof layers)[number];
  if (other === own || (other !== undefined && mayImport.includes(other))) return [];
  const isTypeOfIt = other !== undefined && typesOf.includes(other);
  if (isTypeOfIt && (typeOnly || isTest(from))) return [];
  const list = mayImport.length === 0 ? "nothing" : mayImport.join(", ");
  return [`${name}: ${own} may import ${list}${typesOf.length > 0 ? `, types of ${typesOf.join(", ")}` : ""}`];
}

/** Files that import each other's values in a ring. Rings of types vanish when compiled and are left alone. */
function cycles(files: readonly SourceFile[], edges: readonly Edge[][]): string[] {
  const next = new Map(
    files.map((file, i) => [file.path, (edges[i] as Edge[]).filter((e) => !e.typeOnly && !e.dynamic).map((e) => e.to)]),
  );
  const done = new Set<string>();
  const problems: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) problems.push(`import cycle: ${[...trail.slice(start), path].join(" → ")}`);
    if (start !== -1 || done.has(path)) return;
    for (const to of next.get(path) ?? []) if (to !== undefined && next.has(to)) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return problems;
}
