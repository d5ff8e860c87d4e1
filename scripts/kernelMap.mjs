/** Writes docs/kernel-map.md from the `@kernel` tags of the sources. `npm run docs:kernel-map` builds first. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelMapPage } from "../dist/src/architecture/kernelMap.js";
import { projectRoot, sourceFiles } from "../dist/src/architecture/projectFiles.js";

writeFileSync(join(projectRoot(), "docs", "kernel-map.md"), kernelMapPage(sourceFiles("src")));
