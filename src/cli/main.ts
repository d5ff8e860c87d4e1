#!/usr/bin/env node
/** The process: gives the commands its streams and picks the exit code. */
import { randomInt } from "node:crypto";
import { realDeps } from "../runner/deps.js";
import { dispatch } from "./dispatch.js";
import type { Io, Sink } from "./Io.js";

/** Seeds are 32 bits wide. */
const SEEDS = 2 ** 32;

function sinkOf(stream: NodeJS.WriteStream): Sink {
  // `skbcheck show ENTRY | head` closes our stdout: nobody is left to read the rest.
  stream.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? (process.exitCode ?? 0) : 2),
  );
  return {
    write: (text) => {
      stream.write(text);
    },
    isTTY: stream.isTTY === true,
    // Asked anew each time, as windows change; some terminals say 0.
    get columns() {
      return stream.columns || 80;
    },
  };
}

function onInterrupt(handler: () => void): () => void {
  let asked = false;
  const listener = () => {
    if (asked) process.exit(130);
    asked = true;
    handler();
  };
  process.on("SIGINT", listener);
  return () => process.off("SIGINT", listener);
}

const io: Io = {
  cwd: process.cwd(),
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
  env: process.env,
  now: () => performance.now(),
  freshSeed: () => randomInt(SEEDS),
  onInterrupt,
};

process.exitCode = await dispatch(process.argv.slice(2), io, realDeps);
