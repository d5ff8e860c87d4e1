/**
 * Smaller versions of plain data, by its declaration. Nothing is remembered from the drawing, so a value that comes
 * from a file shrinks exactly as a drawn one does.
 *
 * Every candidate is smaller by `sizeOf`, a whole number that is 0 for the least data only; so shrinking always ends.
 */
import { type Field, type IntField, type ListField, leastOf } from "../recipe/schema.js";

type Data = Readonly<Record<string, unknown>>;

/** Distance from the least data: the sum over all fields, with one for every list element that need not be there. */
export function sizeOf(field: Field, value: unknown): number {
  switch (field.type) {
    case "int":
      return Math.abs((value as number) - field.least);
    case "bool":
      return value === true ? 1 : 0;
    case "choice":
      return Math.max(0, field.names.indexOf(value as string));
    case "list": {
      const elements = value as readonly unknown[];
      return elements.reduce<number>((sum, element) => sum + 1 + sizeOf(field.of, element), 0) - field.min;
    }
    case "struct": {
      let sum = 0;
      for (const [key, inner] of fieldsOf(field)) sum += sizeOf(inner, (value as Data)[key]);
      return sum;
    }
  }
}

/**
 * Whether the value has the declaration's shape: types, names of fields, enough list elements. Ranges are not looked at,
 * so that a recipe saved before a property was narrowed still shrinks.
 */
export function hasShape(field: Field, value: unknown): boolean {
  switch (field.type) {
    case "int":
      return Number.isSafeInteger(value);
    case "bool":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string";
    case "list":
      return Array.isArray(value) && value.length >= field.min && value.every((element) => hasShape(field.of, element));
    case "struct": {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      const fields = fieldsOf(field);
      return (
        Object.keys(value).length === fields.length &&
        fields.every(([key, inner]) => Object.hasOwn(value, key) && hasShape(inner, (value as Data)[key]))
      );
    }
  }
}

/** Smaller candidates, the boldest first. A part that is not changed is shared with the original. */
export function* smallerThan(field: Field, value: unknown): Generator<unknown> {
  switch (field.type) {
    case "int":
      yield* smallerInts(field, value as number);
      return;
    case "bool":
      if (value === true) yield false;
      return;
    case "choice":
      // A name that a narrower declaration no longer has counts as the first one, and has nothing below it.
      yield* field.names.slice(0, Math.max(0, field.names.indexOf(value as string)));
      return;
    case "list":
      yield* smallerLists(field, value as readonly unknown[]);
      return;
    case "struct":
      yield* smallerStructs(field, value as Data);
      return;
  }
}

/** The least, then the sharp values that are nearer to it, then what halves the distance, down to one step. */
function* smallerInts(field: IntField, value: number): Generator<number> {
  const { least, min, max } = field;
  const distance = Math.abs(value - least);
  if (distance === 0) return;
  yield least;
  const nearer = field.sharp.filter((sharp) => sharp !== least && Math.abs(sharp - least) < distance);
  nearer.sort((a, b) => Math.abs(a - least) - Math.abs(b - least) || a - b);
  yield* nearer;
  const seen = new Set(nearer);
  for (let step = Math.floor(distance / 2); step >= 1; step = Math.floor(step / 2)) {
    const between = value > least ? value - step : value + step;
    if (between === least || between < min || between > max || seen.has(between)) continue;
    seen.add(between);
    yield between;
  }
}

/** Without runs of elements, longest runs first; then one field small in all elements at once; then element by element. */
function* smallerLists(field: ListField, elements: readonly unknown[]): Generator<unknown> {
  const spare = elements.length - field.min;
  for (let run = spare; run >= 1; run = Math.floor(run / 2)) {
    for (let end = elements.length; end - run >= 0; end -= run) {
      yield [...elements.slice(0, end - run), ...elements.slice(end)];
    }
  }
  if (elements.length > 1) yield* smallerColumns(field.of as Field, elements);
  for (const [index, element] of elements.entries()) {
    for (const smaller of smallerThan(field.of, element)) yield elements.with(index, smaller);
  }
}

/** Sixty members that all carry a needless flag lose it in one step. */
function* smallerColumns(element: Field, rows: readonly unknown[]): Generator<unknown> {
  if (element.type !== "struct") return;
  for (const [key, inner] of fieldsOf(element)) {
    const spare = rows.filter((row) => sizeOf(inner, (row as Data)[key]) > 0).length;
    if (spare < 2) continue;
    yield rows.map((row) => ({ ...(row as Data), [key]: leastOf(inner) }));
  }
}

/** All at its least; then field by field, lists before structs before single values, since they carry most. */
function* smallerStructs(field: Field, value: Data): Generator<unknown> {
  const fields = fieldsOf(field);
  if (fields.filter(([key, inner]) => sizeOf(inner, value[key]) > 0).length > 1) yield leastOf(field);
  for (const rank of ["list", "struct", "single"]) {
    for (const [key, inner] of fields) {
      if (rankOf(inner) !== rank) continue;
      for (const smaller of smallerThan(inner, value[key])) yield { ...value, [key]: smaller };
    }
  }
}

function rankOf(field: Field): string {
  return field.type === "list" || field.type === "struct" ? field.type : "single";
}

function fieldsOf(field: Field): [string, Field][] {
  return Object.entries((field as { fields: Record<string, Field> }).fields);
}
