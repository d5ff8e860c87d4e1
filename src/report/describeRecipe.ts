/**
 * A recipe in one readable line. What is at its least value, the one that shrinking aims at, is left out: what remains
 * is what the case is about.
 */
import {
  type HolderRecipe,
  type MiddleRecipe,
  type OperationRecipe,
  type PacketRecipe,
  type Recipe,
  schema,
  type TunnelRecipe,
} from "../recipe/Recipe.js";
import { type Field, leastOf } from "../recipe/schema.js";

const LEAST_HOLDER = leastOf(schema.holder);

type Fields = Readonly<Record<string, Field>>;
type Data = Readonly<Record<string, unknown>>;

/** The whole recipe: the packet's shape, what is done to it, the holders, and the order of things where it is not the plain one. */
export function describeRecipe(recipe: Recipe): string {
  const parts = [describePacket(recipe.packet)];
  if (recipe.middle.length > 0) parts.push(`middle ${recipe.middle.map(describeOperation).join(" then ")}`);
  parts.push(`holders ${recipe.holders.map(describeHolder).join(", ")}`);
  if (recipe.cloning !== "at-once") parts.push(`cloned ${recipe.cloning}`);
  if (recipe.turns.length > 0) parts.push(`turns ${recipe.turns.join(" ")}`);
  for (const it of recipe.switches) {
    parts.push(`at touch ${it.touch} of holder ${it.holder} holder ${it.to} runs`);
  }
  if (recipe.failures.length > 0) parts.push(`allocations ${recipe.failures.join(" and ")} fail`);
  if (recipe.allocator !== "identity") parts.push(`allocator ${recipe.allocator}`);
  return parts.join(" | ");
}

/**
 * The packet's shape: `ipv6 udp multicast fraglist gso_size=91: head 91 linear | list [91 linear]`; where datagrams come by
 * themselves `ipv6 tcp unicast one by one through gro: [91 linear x2]`.
 */
export function describePacket(packet: PacketRecipe): string {
  const transport = transportOf(packet);
  const oneByOne = packet.arrival !== "stack" && packet.arrival !== "tap";
  // What has a connection has one receiver.
  const cast = transport !== "udp" && packet.cast === "multicast" ? "unicast" : packet.cast;
  const words: string[] = [packet.family, transport, cast];
  if (packet.tunnels.length > 0) words.push(`in ${counted(packet.tunnels.map(describeTunnel)).join(" in ")}`);
  if (oneByOne) words.push(`one by one through ${packet.arrival}`);
  else words.push(...gsoWords(packet));
  if (packet.arrival === "tap") words.push("from tap");
  words.push(...differences(schema.packet.fields, packet, transport === "tcp" ? SAID : [...SAID, "tcp"]));
  const head = describePiece(schema.packet.fields.head.fields, packet.head);
  const members = packet.members.map((member) => describePiece(schema.member.fields, member));
  if (oneByOne) return `${words.join(" ")}: [${counted([head, ...members]).join(", ")}]`;
  const shape = `${words.join(" ")}: head ${head}`;
  return members.length === 0 ? shape : `${shape} | list [${counted(members).join(", ")}]`;
}

/** Fields of a packet that have words of their own. */
const SAID: readonly string[] = [
  "family",
  "cast",
  "tunnels",
  "gso",
  "gsoSize",
  "arrival",
  "seed",
  "head",
  "members",
] satisfies (keyof PacketRecipe)[];

function transportOf({ gso }: PacketRecipe): "udp" | "tcp" | "sctp" {
  if (gso === "tcp" || gso === "tcp-fraglist") return "tcp";
  return gso === "sctp" ? "sctp" : "udp";
}

function gsoWords({ gso, gsoSize, head, dodgy }: PacketRecipe): string[] {
  if (gso === "none") return ["no-gso"];
  if (gso === "sctp") return ["gso_size=by-frags"];
  const isList = gso === "fraglist" || gso === "tcp-fraglist";
  // A list's is its first datagram's length, unless somebody changed it.
  const size = `gso_size=${gsoSize === 0 || (isList && !dodgy) ? head.payload : gsoSize}`;
  if (gso === "tcp") return [size];
  return [isList ? "fraglist" : gso, size];
}

/** `vxlan over ipv6 (checksum)`; labels and service headers have nothing to add. */
function describeTunnel(tunnel: TunnelRecipe): string {
  const { kind, family } = tunnel;
  if (kind === "mpls" || kind === "nsh") return kind;
  const options = differences(schema.tunnel.fields, tunnel, ["kind", "family"]);
  return `${kind} over ${family}${options.length > 0 ? ` (${options.join(" ")})` : ""}`;
}

/** One holder: what it does first, its exit, and what is unusual about its device and sockets. */
export function describeHolder(holder: HolderRecipe): string {
  const steps = holder.before.map(describeOperation);
  const extras = differences(schema.holder.fields, holder, ["exit", "before"], LEAST_HOLDER);
  const exit = extras.length > 0 ? `${holder.exit} (${extras.join(" ")})` : holder.exit;
  return [...steps, exit].join(" then ");
}

/** `pull 12`, of a holder or of a middlebox. */
export function describeOperation(operation: OperationRecipe | MiddleRecipe): string {
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
