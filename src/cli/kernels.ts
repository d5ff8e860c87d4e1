/** `skbcheck kernels`: what can be said behind --kernel. */
import { wrap } from "../report/table.js";
import { type Command, NO_POSITIONALS } from "./Command.js";
import { NOTHING_FOUND, print } from "./Io.js";
import { MAINLINE } from "./selection.js";

export const kernels: Command = {
  name: "kernels",
  about: "lists the kernels: mainline and the releases, with their bugs and differences counted",
  positionals: NO_POSITIONALS,
  flags: {},
  async run(_args, io, deps) {
    const bugs = await deps.bugs();
    print(io.stdout, [`${MAINLINE}: every historical bug fixed`]);
    for (const { name, differences } of await deps.releases()) {
      const present = bugs.filter((it) => it.releases[name] === "present").length;
      print(io.stdout, [
        `${name}: ${present} of ${bugs.length} bugs present; for a list use: skbcheck bugs --kernel ${name}`,
        ...differences.flatMap((it) => wrap(`differs: ${it}`, 110, "  ")),
      ]);
    }
    return NOTHING_FOUND;
  },
};
