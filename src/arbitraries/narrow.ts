/** Narrower declarations: a property that wants only some recipes takes ranges and names away, and never adds any. */
import type { ChoiceField, Field, IntField, ListField } from "../recipe/schema.js";
import { replaceAt } from "./fieldPath.js";

/** What may be said about a field: any part of its declaration, or a whole declaration of the same type. */
export type Narrowing = Partial<Omit<IntField, "type">> &
  Partial<Omit<ListField, "type" | "min" | "max" | "usual" | "about">> &
  Partial<Omit<ChoiceField, "type" | "about">> & { readonly type?: Field["type"] };

/**
 * A copy of a declaration with narrower fields, by dotted path (fieldPath.ts). Least, usual and sharp values that fall
 * outside a new range are moved or dropped.
 *
 * Throws an Error naming the path when it does not exist, when the type differs, when the range is empty or when it
 * would be wider than before: such recipes would be refused by the parser.
 */
export function narrow<F extends Field>(field: F, narrowings: Readonly<Record<string, Narrowing | Field>>): F {
  let narrowed: Field = field;
  for (const [path, narrowing] of Object.entries(narrowings)) {
    narrowed = replaceAt(narrowed, path, (old) => settle(old, narrowing as Narrowing, path));
  }
  return narrowed as F;
}

function settle(old: Field, narrowing: Narrowing, path: string): Field {
  if (narrowing.type !== undefined && narrowing.type !== old.type) {
    throw new Error(`narrow "${path}": the field is of type ${old.type}, not ${narrowing.type}`);
  }
  const merged = { ...old, ...narrowing } as Field;
  refuseForeignParts(old, narrowing, path);
  refuseWider(old, merged, path);
  if (merged.type === "int") {
    const inside = (value: number) => Math.min(Math.max(value, merged.min), merged.max);
    const sharp = merged.sharp.filter((value) => value === inside(value));
    return { ...merged, least: inside(merged.least), usual: inside(merged.usual), sharp };
  }
  if (merged.type === "list") {
    return { ...merged, usual: Math.min(Math.max(merged.usual, merged.min), merged.max) };
  }
  return merged;
}

function refuseForeignParts(old: Field, narrowing: Narrowing, path: string): void {
  const foreign = Object.keys(narrowing).find((part) => !Object.hasOwn(old, part));
  if (foreign !== undefined) throw new Error(`narrow "${path}": a field of type ${old.type} has no "${foreign}"`);
}

function refuseWider(old: Field, now: Field, path: string): void {
  if (old.type === "int" || old.type === "list") {
    const { min, max } = now as IntField | ListField;
    const given = `${min} to ${max}`;
    if (!Number.isInteger(min) || !Number.isInteger(max) || min > max) {
      throw new Error(`narrow "${path}": ${given} is no range`);
    }
    if (min < old.min || max > old.max) {
      throw new Error(`narrow "${path}": ${given} is wider than the declared ${old.min} to ${old.max}`);
    }
  }
  if (old.type === "list") refuseWiderAs(old.of as Field, (now as ListField).of as Field, `${path}.*`);
  if (old.type === "choice") {
    const { names } = now as ChoiceField;
    if (names.length === 0) throw new Error(`narrow "${path}": no names are left of ${old.names.join(", ")}`);
    const foreign = names.find((name) => !old.names.includes(name));
    if (foreign !== undefined) {
      throw new Error(`narrow "${path}": "${foreign}" is none of ${old.names.join(", ")}`);
    }
  }
  if (old.type === "struct") {
    const before = old.fields as Record<string, Field>;
    const after = (now as { fields: Record<string, Field> }).fields;
    const keys = Object.keys(before);
    if (keys.length !== Object.keys(after).length || !keys.every((key) => Object.hasOwn(after, key))) {
      throw new Error(`narrow "${path}": a struct keeps its fields ${keys.join(", ")}`);
    }
    for (const key of keys) refuseWiderAs(before[key] as Field, after[key] as Field, `${path}.${key}`);
  }
}

function refuseWiderAs(old: Field, now: Field, path: string): void {
  if (old === now) return;
  if (old.type !== now.type) throw new Error(`narrow "${path}": the field is of type ${old.type}, not ${now.type}`);
  refuseWider(old, now, path);
}
