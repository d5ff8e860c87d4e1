/**
 * Declarations of plain data. One declaration gives the TypeScript type, the parser (zod) and the ranges that the
 * arbitraries draw from, so that the three cannot drift apart.
 *
 * Every field says in a few words what it means: the same words stand in error messages and in reports.
 */
import { z } from "zod";

/** A whole number. Shrinks towards `least`, which is `min` unless said otherwise. */
export interface IntField {
  readonly type: "int";
  readonly min: number;
  readonly max: number;
  /** The value that means "nothing special": what shrinking aims at. */
  readonly least: number;
  /** Where bugs live: boundaries that are mixed in among the drawn values. */
  readonly sharp: readonly number[];
  /** Values up to here are drawn most of the time; larger ones only now and then. */
  readonly usual: number;
  readonly about: string;
}
export interface BoolField {
  readonly type: "bool";
  readonly about: string;
}
/** One of a few names. Shrinks towards the first. */
export interface ChoiceField<T extends string = string> {
  readonly type: "choice";
  readonly names: readonly T[];
  readonly about: string;
}
export interface ListField<F extends Field = Field> {
  readonly type: "list";
  readonly of: F;
  readonly min: number;
  readonly max: number;
  /** Lengths up to here are drawn most of the time. */
  readonly usual: number;
  readonly about: string;
}
export interface StructField<S extends Record<string, Field> = Record<string, Field>> {
  readonly type: "struct";
  readonly fields: S;
  readonly about: string;
}
export type Field = IntField | BoolField | ChoiceField | ListField<any> | StructField<any>;

/** The TypeScript type of the data that a declaration describes. */
export type DataOf<F> = F extends IntField
  ? number
  : F extends BoolField
    ? boolean
    : F extends ChoiceField<infer T>
      ? T
      : F extends ListField<infer E>
        ? readonly DataOf<E>[]
        : F extends StructField<infer S>
          ? { readonly [K in keyof S]: DataOf<S[K]> }
          : never;

export function int(
  about: string,
  range: { min: number; max: number; least?: number; sharp?: readonly number[]; usual?: number },
): IntField {
  const { min, max, least = min, sharp = [], usual = max } = range;
  return { type: "int", min, max, least, sharp: sharp.filter((v) => v >= min && v <= max), usual, about };
}
export const bool = (about: string): BoolField => ({ type: "bool", about });
export const choice = <const T extends readonly string[]>(about: string, names: T): ChoiceField<T[number]> => ({
  type: "choice",
  names,
  about,
});
export function list<F extends Field>(
  about: string,
  of: F,
  range: { min?: number; max: number; usual?: number },
): ListField<F> {
  const { min = 0, max, usual = max } = range;
  return { type: "list", of, min, max, usual, about };
}
export const struct = <S extends Record<string, Field>>(about: string, fields: S): StructField<S> => ({
  type: "struct",
  fields,
  about,
});

/** The zod parser of a declaration. Unknown keys are refused: a misspelt field would otherwise be lost in silence. */
export function parserOf<F extends Field>(field: F): z.ZodType<DataOf<F>> {
  return buildParser(field) as unknown as z.ZodType<DataOf<F>>;
}

function buildParser(field: Field): z.ZodType {
  switch (field.type) {
    case "int":
      return z.int().min(field.min).max(field.max);
    case "bool":
      return z.boolean();
    case "choice":
      return z.enum(field.names as [string, ...string[]]);
    case "list":
      return z.array(buildParser(field.of)).min(field.min).max(field.max);
    case "struct":
      return z.strictObject(
        Object.fromEntries(
          Object.entries(field.fields as Record<string, Field>).map(([key, inner]) => [key, buildParser(inner)]),
        ),
      );
  }
}

/** The data to which every field shrinks: each number at its least, each list as short as allowed, each choice its first name. */
export function leastOf<F extends Field>(field: F): DataOf<F> {
  return buildLeast(field) as DataOf<F>;
}

function buildLeast(field: Field): unknown {
  switch (field.type) {
    case "int":
      return field.least;
    case "bool":
      return false;
    case "choice":
      return field.names[0];
    case "list":
      return Array.from({ length: field.min }, () => buildLeast(field.of));
    case "struct":
      return Object.fromEntries(
        Object.entries(field.fields as Record<string, Field>).map(([key, inner]) => [key, buildLeast(inner)]),
      );
  }
}

/**
 * Data of an earlier declaration, completed: fields that it does not have yet get their least value, which is what it
 * meant without them. Anything else is left for the parser to judge.
 */
export function withLeastFields(field: Field, data: unknown): unknown {
  if (field.type === "list" && Array.isArray(data)) {
    return data.map((one) => withLeastFields(field.of as Field, one));
  }
  if (field.type !== "struct" || typeof data !== "object" || data === null || Array.isArray(data)) return data;
  const known = Object.entries(field.fields as Record<string, Field>).map(([key, inner]) => [
    key,
    Object.hasOwn(data, key) ? withLeastFields(inner, (data as Record<string, unknown>)[key]) : buildLeast(inner),
  ]);
  return { ...data, ...Object.fromEntries(known) };
}
