/** Writing a file so that a kill leaves either the old content or the new, and never half of it. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { HarnessError, messageOf } from "./HarnessError.js";

let serial = 0;

/**
 * Writes a temporary file in the same folder, brings it to the disk, and renames it over `file`. When this returns, the
 * content survives a power cut.
 *
 * Throws a HarnessError `corpus-unwritable`; the old file is then as it was.
 */
export function writeWhole(file: string, text: string): void {
  serial += 1;
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.${threadId}.${serial}.tmp`);
  try {
    const handle = openSync(temporary, "w");
    try {
      writeFully(handle, Buffer.from(text, "utf8"));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
    syncFolder(dirname(file));
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new HarnessError("corpus-unwritable", `${file}: expected to write the entry, ${messageOf(cause)}`, { cause });
  }
}

/** Whether a name is that of a temporary file, and whether the thread that wrote it may still be at work on it. */
export function temporaryOwner(name: string): "not-temporary" | "alive" | "gone" {
  const match = /^\..+\.(\d+)\.(\d+)\.\d+\.tmp$/.exec(name);
  if (match === null) return "not-temporary";
  const [pid, thread] = [Number(match[1]), Number(match[2])];
  // Writing is synchronous: what this very thread finds of its own is left from a process that had the same number.
  if (pid === process.pid) return thread === threadId ? "gone" : "alive";
  return isAlive(pid) ? "alive" : "gone";
}

/** One write may take less than all of it, on a nearly full disk for instance. */
function writeFully(handle: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
}

/** The rename itself is only on the disk once the folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid > 0x7fffffff) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === "EPERM";
  }
}
