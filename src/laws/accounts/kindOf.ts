/** The kind of an object by its name, without its number: `skb.users` for `skb#3.users`, `socket` for `socket 2.1`. */
export const kindOf = (object: string): string => object.replace(/\s*#?\d+(?:\.\d+)*/g, "").trim() || "object";
