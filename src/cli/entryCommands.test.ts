import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseEntry } from "../corpus/entry.js";
import { sampleRun } from "../laws/testing/sampleRun.js";
import { entry, FakeCli, failing, harmless } from "./testing/fakeCli.js";

let cli: FakeCli;
beforeEach(() => {
  cli = new FakeCli();
});
afterEach(() => cli.remove());

describe("skbcheck replay", () => {
  test("says which laws an entry still breaks, and that both runs were the same", async () => {
    const file = cli.saveEntry("corpus/findings", entry());
    const { code, out } = await cli.run(["replay", file]);
    expect(code).toBe(1);
    expect(out).toContain(`${file}: a list of three`);
    expect(out).toContain("broken   few-members: Recipes are not few-members.");
    expect(out).toMatch(/digest {3}[0-9a-f]{16}, the same when run twice/);
    expect(out).toContain("still fails: few-members\n");
  });

  test("ends with 0 when the entry holds", async () => {
    const file = cli.saveEntry("corpus/findings", entry({ recipe: harmless }));
    const { code, out } = await cli.run(["replay", file]);
    expect(code).toBe(0);
    expect(out).toContain("no longer fails: few-members holds at frag_list; 2 of 2 laws had something to check");
  });

  test("runs on the kernel that was saved, unless a flag replaces it", async () => {
    const file = cli.saveEntry("corpus/history", entry({ bugs: ["list-clone"], kernel: "v6.4" }), "list-clone.json");
    expect((await cli.run(["replay", file])).out).toContain("kernel   v6.4+list-clone");
    expect((await cli.run(["replay", file, "--kernel", "mainline"])).out).toContain("kernel   mainline, ");
    expect((await cli.run(["replay", file, "--kernel", "6.1"])).out).toContain("kernel   v6.1, ");
    expect((await cli.run(["replay", file, "--bug", "mss-overflow"])).out).toContain(
      "kernel   mainline+mss-overflow, ",
    );
  });

  test.each(["few-members--0e9a.json", "few", "few-members--0e9a"])("finds the entry by %s", async (typed) => {
    cli.saveEntry("corpus/findings", entry(), "few-members--0e9a.json");
    cli.saveEntry("corpus/seeds/lists", entry({ recipe: harmless }), "three.json");
    expect((await cli.run(["replay", typed])).out).toContain("corpus/findings/few-members--0e9a.json");
    expect((await cli.run(["replay", "three"])).code).toBe(0);
  });

  test("finds entries of other kernels below .fuzz", async () => {
    cli.saveEntry(".fuzz/findings/v6.1", entry({ kernel: "v6.1" }), "scratch.json");
    cli.write("corpus/README.md", "");
    expect((await cli.run(["replay", "scratch"])).code).toBe(1);
  });

  test("takes the entry of the corpus where .fuzz has one of the same name", async () => {
    cli.saveEntry("corpus/findings", entry(), "twice.json");
    cli.saveEntry(".fuzz/findings/v6.1", entry({ kernel: "v6.1" }), "twice.json");
    expect((await cli.run(["replay", "twice"])).out).toContain("corpus/findings/twice.json");
  });

  test("a beginning that several names have is refused with the names", async () => {
    cli.saveEntry("corpus/findings", entry(), "few-a.json");
    cli.saveEntry("corpus/findings", entry(), "few-b.json");
    const { code, err } = await cli.run(["replay", "few"]);
    expect(code).toBe(2);
    expect(err).toMatch(/beginning of 2: corpus\/findings\/few-a\.json, corpus\/findings\/few-b\.json/);
  });

  test("a file that is no entry is one sentence and exit code 2", async () => {
    const file = cli.write("corpus/findings/half.json", '{"format": 1,');
    const { code, out, err } = await cli.run(["replay", file]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^skbcheck: [^\n]*half\.json[^\n]*\n$/);
  });

  test("an engine that does not repeat itself is a finding", async () => {
    const file = cli.saveEntry("corpus/findings", entry({ recipe: harmless }));
    let runs = 0;
    const engine = {
      name: "fickle",
      kernel: "mainline",
      run: () => ({ ...sampleRun(), allocations: runs++, recipe: harmless }),
    };
    const { code, out } = await cli.run(["replay", file], { deps: { engineFor: async () => engine } });
    expect(code).toBe(1);
    expect(out).toContain("NOT DETERMINISTIC");
  });

  test("--shrink rewrites the entry with the smallest recipe and keeps what people wrote", async () => {
    const file = cli.saveEntry(
      "corpus/findings",
      entry({ title: "by hand", why: "known to us", known: true }),
      "by-hand.json",
    );
    const { code, out } = await cli.run(["replay", file, "--shrink"]);
    expect(code).toBe(1);
    expect(out).toMatch(/shrunk in \d+ steps: ipv6 udp/);
    const saved = parseEntry(Buffer.from(cli.read(file)), file);
    expect(saved).toMatchObject({ title: "by hand", why: "known to us", known: true, received: "2 members" });
    expect(saved.recipe.packet.members).toHaveLength(2);
    expect((await cli.run(["replay", file, "--shrink"])).out).toContain("not smaller");
  });
});

describe("skbcheck show", () => {
  test("draws the run and ends with a replay line that works", async () => {
    const file = cli.saveEntry("corpus/findings", entry({ why: "three are too many" }));
    const engine = { name: "sample", kernel: "mainline", run: () => ({ ...sampleRun(), recipe: failing }) };
    const { code, out } = await cli.run(["show", file], { deps: { engineFor: async () => engine } });
    expect(code).toBe(0);
    expect(out).toContain("a list of three\nthree are too many\n");
    expect(out).toContain("few-members: Recipes are not few-members.");
    expect(out).toContain("frag_list of 2");
    expect(out).toContain(`replay: npx skbcheck replay ${file}\n`);
    expect(out).not.toContain("\u001b[");
  });

  test("asks the engine for a trace and colours on a terminal alone", async () => {
    const file = cli.saveEntry("corpus/findings", entry());
    const asked: unknown[] = [];
    const engine = {
      name: "sample",
      kernel: "mainline",
      run: (_: unknown, options?: unknown) => {
        asked.push(options);
        return { ...sampleRun(), recipe: failing };
      },
    };
    const deps = { engineFor: async () => engine };
    expect((await cli.run(["show", file], { deps, tty: true })).out).toContain("\u001b[");
    expect((await cli.run(["show", file], { deps, tty: true, env: { NO_COLOR: "1" } })).out).not.toContain("\u001b[");
    expect(asked[0]).toMatchObject({ trace: true });
  });
});

describe("skbcheck corpus", () => {
  test("list gives one line for each entry, with what it is", async () => {
    cli.saveEntry("corpus/findings", entry({ known: true, why: "so it is" }), "a.json");
    cli.saveEntry("corpus/history", entry({ bugs: ["list-clone"] }), "list-clone.json");
    const { code, out } = await cli.run(["corpus", "list"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^corpus\/findings\/a\.json +known +mainline +a list of three$/m);
    expect(out).toMatch(/^corpus\/history\/list-clone\.json +history +list-clone +a list of three$/m);
    expect(out).toContain("2 entries");
  });

  test("check is content with entries that do as they should", async () => {
    cli.saveEntry("corpus/findings", entry({ known: true, why: "so it is" }));
    cli.saveEntry("corpus/history", entry({ bugs: ["list-clone"] }), "list-clone.json");
    cli.saveEntry("corpus/seeds/lists", entry({ recipe: harmless }), "none.json");
    const { code, out } = await cli.run(["corpus", "check"]);
    expect(out).toContain("3 of 3 entries are as they should be");
    expect(code).toBe(0);
  });

  test.each([
    ["corpus/findings", entry(), undefined, "skbcheck corpus accept"],
    ["corpus/findings", entry({ known: true, why: "x", recipe: harmless }), undefined, "no longer fails"],
    ["corpus/findings", entry({ known: true, why: "x" }), "odd.json", "expected the file name few-members--"],
    [
      "corpus/history",
      entry({ bugs: ["list-clone"], recipe: harmless }),
      "list-clone.json",
      "it must fail on its kernel",
    ],
    ["corpus/history", entry({ bugs: ["list-clone"] }), "mss-overflow.json", "expected the name of a bug"],
    ["corpus/seeds", entry(), "three.json", "a seed must hold, and breaks few-members"],
  ])("check finds what is wrong in %s (%#)", async (folder, saved, name, complaint) => {
    cli.saveEntry(folder, saved, name);
    const { code, out } = await cli.run(["corpus", "check"]);
    expect(code).toBe(1);
    expect(out).toContain(complaint);
    expect(out).toContain("0 of 1 entries are as they should be");
  });

  test("check reports what it could read and then refuses the rest", async () => {
    cli.saveEntry("corpus/findings", entry({ known: true, why: "x" }));
    cli.write("corpus/findings/half.json", "{");
    const { code, out, err } = await cli.run(["corpus", "check", "corpus"]);
    expect(code).toBe(2);
    expect(out).toContain("1 of 1 entries");
    expect(err).toMatch(/^skbcheck: expected 2 readable entries, could read 1: [^\n]*half\.json[^\n]*\n$/);
  });

  test("accept marks a finding as known, and the next campaign passes", async () => {
    const file = cli.saveEntry("corpus/findings", entry());
    const { code, out } = await cli.run(["corpus", "accept", "few-members", "--why", "GRO makes such lists"]);
    expect(code).toBe(0);
    expect(out).toContain(`${file} is known now: GRO makes such lists`);
    expect(parseEntry(Buffer.from(cli.read(file)), file)).toMatchObject({ known: true, why: "GRO makes such lists" });
    expect((await cli.run(["fuzz", "--property", "calm/*", "--runs", "3"])).code).toBe(0);
  });

  test("accept refuses what was found with a bug switched on", async () => {
    const file = cli.saveEntry("corpus/history", entry({ bugs: ["list-clone"] }), "list-clone.json");
    const { code, err } = await cli.run(["corpus", "accept", file, "--why", "so"]);
    expect(code).toBe(2);
    expect(err).toContain("expected a finding of mainline");
  });
});
