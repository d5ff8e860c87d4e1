/** `skbcheck laws`: every law with its sentence and the rows of the specification that it stands for. */
import { type Command, NO_POSITIONALS } from "./Command.js";
import { NOTHING_FOUND, print } from "./Io.js";

export const laws: Command = {
  name: "laws",
  about: "lists the laws: name, sentence, and the rows of the specification that each stands for",
  positionals: NO_POSITIONALS,
  flags: {},
  async run(_args, io, deps) {
    const all = await deps.laws();
    for (const { name, law, standsFor } of all) {
      print(io.stdout, [name, `  ${law}`, ...(standsFor.length > 0 ? [`  stands for ${standsFor.join(", ")}`] : [])]);
    }
    print(io.stdout, [`${all.length} laws`]);
    return NOTHING_FOUND;
  },
};
