/**
 * Dotted paths into a declaration, such as `packet.members.users` or `holders.device.sg`. A list is passed through
 * without a step of its own; `*` names its element where the element has no fields, as in `turns.*`.
 */
import type { Field } from "../recipe/schema.js";

type Fields = Record<string, Field>;

/** Declares what stands at `path`. Throws an Error that names the path and the step that does not exist. */
export function fieldAt(root: Field, path: string): Field {
  let field = root;
  for (const step of path.split(".")) field = stepInto(field, step, path);
  return field;
}

/** A copy of the declaration in which `change` has replaced what stands at `path`. Errors as `fieldAt`. */
export function replaceAt(root: Field, path: string, change: (field: Field) => Field): Field {
  return replaceSteps(root, path.split("."), path, change);
}

function replaceSteps(field: Field, steps: readonly string[], path: string, change: (field: Field) => Field): Field {
  const [step, ...rest] = steps;
  if (step === undefined) return change(field);
  if (field.type === "list") {
    return { ...field, of: replaceSteps(field.of as Field, step === "*" ? rest : steps, path, change) };
  }
  const inner = stepInto(field, step, path);
  const fields = (field as { fields: Fields }).fields;
  return { ...field, fields: { ...fields, [step]: replaceSteps(inner, rest, path, change) } } as Field;
}

function stepInto(field: Field, step: string, path: string): Field {
  if (field.type === "list") return step === "*" ? (field.of as Field) : stepInto(field.of as Field, step, path);
  if (field.type !== "struct") {
    throw new Error(`field path "${path}": nothing lies below "${field.about}", so "${step}" does not exist`);
  }
  const fields = field.fields as Fields;
  const inner = Object.hasOwn(fields, step) ? fields[step] : undefined;
  if (inner === undefined) {
    throw new Error(`field path "${path}": "${step}" is none of ${Object.keys(fields).join(", ")}`);
  }
  return inner;
}
