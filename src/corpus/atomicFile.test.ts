import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporaryOwner, writeWhole } from "./atomicFile.js";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "atomic-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("writeWhole", () => {
  test("replaces a file and leaves no other", () => {
    const file = join(dir, "x.json");
    writeFileSync(file, "old and longer than the new");
    writeWhole(file, "new ☃");
    expect(readFileSync(file, "utf8")).toBe("new ☃");
    expect(readdirSync(dir)).toEqual(["x.json"]);
  });

  test("takes its temporary file away when the write fails", () => {
    const file = join(dir, "x.json");
    mkdirSync(file);
    writeFileSync(join(file, "kept"), "");
    expect(() => writeWhole(file, "new")).toThrowError(
      expect.objectContaining({ code: "corpus-unwritable", message: expect.stringContaining(file) }),
    );
    expect(readdirSync(dir)).toEqual(["x.json"]);
    expect(readdirSync(file)).toEqual(["kept"]);
  });

  test("says that the folder is not there", () => {
    const file = join(dir, "none", "x.json");
    expect(() => writeWhole(file, "new")).toThrowError(expect.objectContaining({ code: "corpus-unwritable" }));
  });
});

describe("temporaryOwner", () => {
  test.each([
    ["x.json", "not-temporary"],
    [".x.json.tmp", "not-temporary"],
    ["x.json.1.0.1.tmp", "not-temporary"],
    [".x.json.2147483632.0.1.tmp", "gone"],
    [".x.json.99999999999999999999.0.1.tmp", "gone"],
    [".x.json.0.0.1.tmp", "gone"],
    [`.x.json.${process.ppid}.0.1.tmp`, "alive"],
  ])("%s is %s", (name, owner) => {
    expect(temporaryOwner(name)).toBe(owner);
  });
});
