/** Writes the table of what is modelled into README.md. `npm run docs:modelled` builds first. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withModelledTable } from "../dist/src/architecture/modelled.js";
import { projectRoot, sourceFiles } from "../dist/src/architecture/projectFiles.js";

const readme = join(projectRoot(), "README.md");
writeFileSync(readme, withModelledTable(readFileSync(readme, "utf8"), sourceFiles("src")));
