/** `skbcheck properties`: what is fuzzed. */
import { resolve } from "node:path";
import { counted } from "../report/counted.js";
import { type Command, NO_POSITIONALS } from "./Command.js";
import { NOTHING_FOUND, print } from "./Io.js";
import { PROPERTIES_FLAG } from "./selection.js";

export const properties: Command = {
  name: "properties",
  about: "lists the properties: name, sentence and laws",
  positionals: NO_POSITIONALS,
  flags: { properties: PROPERTIES_FLAG },
  async run(args, io, deps) {
    const file = args.value("properties");
    const all = await deps.loadProperties(file === undefined ? undefined : resolve(io.cwd, file));
    for (const { name, says, laws } of all) {
      print(io.stdout, [name, `  ${says}`, `  laws: ${laws.map((it) => it.name).join(", ")}`]);
    }
    print(io.stdout, [counted(all.length, "property")]);
    return NOTHING_FOUND;
  },
};
