/**
 * A recipe in one readable line. What is at its least value, the one that shrinking aims at, is left out: what remains
 * is what the case is about.
 */
import { type HolderRecipe, type OperationRecipe, type PacketRecipe, type Recipe, schema } from "../recipe/Recipe.js";
import { type Field, leastOf } from "../recipe/schema.js";

const LEAST_PACKET = leastOf(schema.packet);
const LEAST_HOLDER = leastOf(schema.holder);

type Fields = Readonly<Record<string, Field>>;
type Data = Readonly<Record<string, unknown>>;

/** The whole recipe: the packet's shape, the holders, and the order of things where it is not the plain one. */
export function describeRecipe(recipe: Recipe): string {
  const parts = [describePacket(recipe.packet), `holders ${recipe.holders.map(describeHolder).join(", ")}`];
  if (recipe.cloning !== "at-once") parts.push(`cloned ${recipe.cloning}`);
  if (recipe.turns.length > 0) parts.push(`turns ${recipe.turns.join(" ")}`);
  for (const it of recipe.switches) {
    parts.push(`at touch ${it.touch} of holder ${it.holder} holder ${it.to} runs`);
  }
  if (recipe.failures.length > 0) parts.push(`allocations ${recipe.failures.join(" and ")} fail`);
  if (recipe.allocator !== "identity") parts.push(`allocator ${recipe.allocator}`);
  return parts.join(" | ");
}

/** The packet's shape: `ipv6 udp multicast fraglist gso_size=91: head 91 linear | list [91 linear]`. */
export function describePacket(packet: PacketRecipe): string {
  const size = packet.gsoSize === 0 ? packet.head.payload : packet.gsoSize;
  const words = [packet.family, "udp", packet.cast];
  words.push(packet.gso === "none" ? "no-gso" : `${packet.gso} gso_size=${size}`);
  if (packet.arrival !== LEAST_PACKET.arrival) words.push(`from ${packet.arrival}`);
  words.push(
    ...differences(schema.packet.fields, packet, [
      "family",
      "cast",
      "gso",
      "gsoSize",
      "arrival",
      "seed",
      "head",
      "members",
    ]),
  );
  const head = describePiece(schema.packet.fields.head.fields, packet.head);
  const shape = `${words.join(" ")}: head ${head}`;
  if (packet.members.length === 0) return shape;
  const members = packet.members.map((member) => describePiece(schema.member.fields, member));
  return `${shape} | list [${counted(members).join(", ")}]`;
}

/** One holder: what it does first, its exit, and what is unusual about its device and sockets. */
export function describeHolder(holder: HolderRecipe): string {
  const steps = holder.before.map(describeOperation);
  const extras = differences(schema.holder.fields, holder, ["exit", "before"], LEAST_HOLDER);
  const exit = extras.length > 0 ? `${holder.exit} (${extras.join(" ")})` : holder.exit;
  return [...steps, exit].join(" then ");
}

export function describeOperation(operation: OperationRecipe): string {
  return operation.bytes > 0 ? `${operation.do} ${operation.bytes}` : operation.do;
}

/** Data of one sk_buff: `91 linear`, `300 paged in 2 frags`, `100 + 200 paged in 1 frag`, with its flags behind. */
function describePiece(fields: Fields, piece: { payload: number; paged: number; frags: number } & Data): string {
  const paged = Math.min(piece.paged, piece.payload);
  const linear = piece.payload - paged;
  const where = `paged in ${piece.frags} ${piece.frags === 1 ? "frag" : "frags"}`;
  let size = `${piece.payload} linear`;
  if (paged > 0) size = linear > 0 ? `${linear} + ${paged} ${where}` : `${paged} ${where}`;
  return [size, ...differences(fields, piece, ["payload", "paged", "frags"])].join(" ");
}

/** The fields that are not at their least, in declared order. */
function differences(fields: Fields, value: Data, leaveOut: readonly string[], least?: Data): string[] {
  const said: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const given = value[name];
    if (leaveOut.includes(name) || given === undefined) continue;
    if (JSON.stringify(given) === JSON.stringify(least ? least[name] : leastOf(field))) continue;
    said.push(field.type === "bool" ? name : `${name}=${describeValue(field, given)}`);
  }
  return said;
}

function describeValue(field: Field, value: unknown): string {
  switch (field.type) {
    case "list": {
      const items = (value as readonly unknown[]).map((item) => describeValue(field.of, item));
      return `[${counted(items).join(", ")}]`;
    }
    case "struct": {
      const said = differences(field.fields, value as Data, []);
      return said.length > 0 ? `(${said.join(" ")})` : "plain";
    }
    default:
      return String(value);
  }
}

/** Equal neighbours are said once: `91 linear x3`. */
function counted(items: readonly string[]): string[] {
  const said: string[] = [];
  for (let i = 0; i < items.length; ) {
    let n = 1;
    while (items[i + n] === items[i]) n++;
    said.push(n === 1 ? String(items[i]) : `${items[i]} x${n}`);
    i += n;
  }
  return said;
}
