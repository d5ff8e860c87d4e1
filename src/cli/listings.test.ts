import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadProperties } from "../runner/deps.js";
import { FakeCli } from "./testing/fakeCli.js";

let cli: FakeCli;
beforeEach(() => {
  cli = new FakeCli();
});
afterEach(() => cli.remove());

describe("listings", () => {
  test("bugs is a table with as many rows as bugs", async () => {
    const { code, out } = await cli.run(["bugs"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^bug +introduced +fixed in +fix\n/);
    expect(out).toMatch(/^mss-overflow +v3\.16 +v6\.6 +A segment of 65535 bytes$/m);
    expect(out).toContain("2 bugs\n");
  });

  test("bugs --kernel says which are present", async () => {
    const { out } = await cli.run(["bugs", "--kernel", "v6.4"]);
    expect(out).toMatch(/^mss-overflow +present /m);
    expect(out).toMatch(/^list-clone +fixed /m);
    expect(out).toContain("1 of 2 bugs are present in v6.4");
    expect((await cli.run(["bugs", "--kernel", "mainline"])).out).toContain("0 of 2 bugs");
  });

  test("kernels counts bugs and names differences", async () => {
    const { out } = await cli.run(["kernels"]);
    expect(out).toContain("mainline: every historical bug fixed");
    expect(out).toContain("v6.1: 2 of 2 bugs present");
    expect(out).toContain("  differs: knows no UDP_L4 in vnet headers");
  });

  test("laws and properties print their sentences", async () => {
    expect((await cli.run(["laws"])).out).toContain("few-members\n  Recipes are not few-members.\n");
    expect((await cli.run(["properties"])).out).toContain(
      "flood/loud\n  Lists are short.\n  laws: few-members, sound\n",
    );
  });
});

describe("skbcheck vectors", () => {
  const good = { id: "bridge-1", topology: "bridge", differences: [] };
  const bad = {
    id: "route-2",
    topology: "route",
    differences: ["B[0] byte 18: expected 01 got 02", "two", "three", "four"],
  };
  const foreign = { id: "vxlan4-3", topology: "vxlan4", differences: ["x"] };
  const lines = (...records: unknown[]) => `${records.map((it) => JSON.stringify(it)).join("\n")}\n`;

  test("counts what passed and failed, shows differences, and says what was skipped", async () => {
    const file = cli.write("cases.jsonl", lines(good, bad, foreign));
    const { code, out } = await cli.run(["vectors", file]);
    expect(code).toBe(1);
    expect(out).toBe(
      [
        "differs: route-2",
        "  B[0] byte 18: expected 01 got 02",
        "  two",
        "  three",
        "  ... 1 more",
        "1 skipped: not modelled (topology vxlan4)",
        "1 passed, 1 failed",
        "",
      ].join("\n"),
    );
  });

  test("--topology keeps the named ones and refuses a name that does not occur", async () => {
    const file = cli.write("cases.jsonl", lines(good, bad));
    expect(await cli.run(["vectors", file, "--topology", "bridge"])).toEqual({
      code: 0,
      out: "1 passed, 0 failed\n",
      err: "",
    });
    const refused = await cli.run(["vectors", file, "--topology", "brigde"]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('did you mean "bridge"');
  });

  test.each([
    ["{ half", "cases.jsonl:2: expected one JSON object on the line"],
    ['{"id": "x"}', "cases.jsonl:2: expected a recorded kernel case, but id: expected a text"],
  ])("a malformed line %s is named by file and line", async (line, message) => {
    const file = cli.write("cases.jsonl", `${JSON.stringify(good)}\n${line}\n`);
    const { code, out, err } = await cli.run(["vectors", file]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).toMatch(/^[^\n]+\n$/);
  });

  test("an empty file is refused", async () => {
    const { code, err } = await cli.run(["vectors", cli.write("none.jsonl", "\n")]);
    expect(code).toBe(2);
    expect(err).toContain("found none");
  });
});

describe("the list of known divergences beside the cases", () => {
  const good = { id: "bridge-1", topology: "bridge", differences: [] };
  const bad = { id: "route-2", topology: "route", differences: ["B[0] byte 18: expected 01 got 02"] };
  const withList = (list: string) => {
    const file = cli.write("kernel/cases.jsonl", `${JSON.stringify(good)}\n${JSON.stringify(bad)}\n`);
    cli.write("kernel/divergences.json", list);
    return cli.run(["vectors", file]);
  };

  test("a listed case that differs is shown with its reason and is no failure", async () => {
    expect(await withList('[{ "id": "route-2", "reason": "leaves XDP out" }]')).toEqual({
      code: 0,
      out: "1 known to diverge:\n  route-2: leaves XDP out\n1 passed, 0 failed\n",
      err: "",
    });
  });

  test("a listed case that passes is a failure: the list is out of date", async () => {
    const list = JSON.stringify([bad, good].map(({ id }) => ({ id, reason: "leaves XDP out" })));
    const { code, out } = await withList(list);
    expect(code).toBe(1);
    expect(out).toBe(
      [
        "diverges no longer: bridge-1; take it off divergences.json",
        "1 known to diverge:",
        "  route-2: leaves XDP out",
        "0 passed, 1 failed",
        "",
      ].join("\n"),
    );
  });

  test.each([
    ['[{ "id": "rout-2", "reason": "x" }]', 'expected ids of recorded cases, got "rout-2" (did you mean "route-2"?)'],
    ["[ half", "expected a JSON list, but "],
    ["{}", "expected a list of ids and reasons, but "],
  ])("%s is refused", async (list, message) => {
    const { code, out, err } = await withList(list);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("divergences.json: ");
    expect(err).toContain(message);
    expect(err).toMatch(/^[^\n]+\n$/);
  });
});

describe("loadProperties", () => {
  test("takes a module that exports a list of properties", async () => {
    const text = 'export const properties = [{ name: "a/b", says: "A.", recipes: {}, laws: [] }];';
    const [first] = await loadProperties(`${cli.cwd}/${cli.write("good.mjs", text)}`);
    expect(first?.name).toBe("a/b");
  });

  test.each([
    ["export const other = 1;", /export "properties"/],
    ["export const properties = [];", /export "properties"/],
    ['export const properties = [{ name: "a" }];', /export "properties"/],
    ["export const properties = ;", /loading it failed/],
  ])("refuses %s", async (text, message) => {
    const file = cli.write("bad.mjs", text);
    await expect(loadProperties(`${cli.cwd}/${file}`)).rejects.toThrow(message);
  });

  test("refuses a file that is not there", async () => {
    await expect(loadProperties(`${cli.cwd}/none.mjs`)).rejects.toThrow(/found no such file/);
  });
});
