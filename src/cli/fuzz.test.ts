import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseEntry } from "../corpus/entry.js";
import { resultParser } from "../report/json.js";
import { property } from "../runner/property.js";
import { fakeEngine } from "../runner/testing/fakes.js";
import { entry, FakeCli, failing, few, harmless, loud, quiet, tapped } from "./testing/fakeCli.js";

let cli: FakeCli;
beforeEach(() => {
  cli = new FakeCli();
  mkdirSync(join(cli.cwd, "corpus"));
});
afterEach(() => cli.remove());

const savedIn = (folder: string): string[] =>
  existsSync(join(cli.cwd, folder)) ? readdirSync(join(cli.cwd, folder)) : [];
const replayLineOf = (text: string): string[] => (/npx skbcheck (replay .*)/.exec(text)?.[1] ?? "").split(" ");

describe("skbcheck fuzz", () => {
  test("ends with 0 and prints the seed first when nothing is found", async () => {
    const { code, out } = await cli.run(["fuzz", "--property", "calm/*", "--runs", "20"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^seed 4711, kernel mainline, engine fake, 1 property, 20 runs each\n/);
    expect(out).toMatch(/nothing new found: 20 runs of 1 property in \d+\.\d s \(\d+\/s\)/);
  });

  test("without --runs the time budget ends it", async () => {
    const { code, out } = await cli.run(["fuzz", "--property", "calm/quiet", "--time", "200ms"]);
    expect(code).toBe(0);
    expect(out).toContain("0.2 s\n");
  });

  test("a finding is printed with everything a reader needs and saved small", async () => {
    const { code, out } = await cli.run(["fuzz", "--seed", "1", "--runs", "100"]);
    expect(code).toBe(1);
    expect(out).toContain("FOUND few-members  Recipes are not few-members.");
    expect(out).toContain("expected  whole");
    expect(out).toContain("received  2 members");
    expect(out).toContain("where     frag_list (holder 0)");
    expect(out).toMatch(
      /recipe {4}ipv6 udp multicast fraglist gso_size=1: head 1 linear \| list \[1 linear x2\] \| holders port/,
    );
    const [name = ""] = savedIn("corpus/findings");
    const saved = parseEntry(Buffer.from(cli.read(`corpus/findings/${name}`)), name);
    expect(saved).toMatchObject({
      law: "few-members",
      property: "flood/loud",
      kernel: "mainline",
      bugs: [],
      seed: 1,
      foundBy: "skbcheck 0.1.0",
    });
    expect(saved.recipe.packet.members).toHaveLength(2);
  });

  test("the replay line that it prints shows the finding again", async () => {
    const { out } = await cli.run(["fuzz", "--runs", "100"]);
    const replayed = await cli.run(replayLineOf(out));
    expect(replayed.code).toBe(1);
    expect(replayed.out).toContain("still fails: few-members");
  });

  test("on a kernel with bugs findings go to .fuzz and not to the corpus, and replay with the same flags", async () => {
    const { code, out } = await cli.run(["fuzz", "--runs", "100", "--kernel", "v6.4", "--bug", "mss-overflow"]);
    expect(code).toBe(1);
    expect(savedIn("corpus/findings")).toEqual([]);
    expect(savedIn(".fuzz/findings/v6.4+mss-overflow")).toHaveLength(1);
    expect(out).toMatch(/npx skbcheck replay \.fuzz\/findings\/\S+ --kernel v6\.4 --bug mss-overflow\n/);
    const replayed = await cli.run(replayLineOf(out));
    expect(replayed.out).toContain("v6.4+mss-overflow");
    expect(replayed.code).toBe(1);
  });

  test("--no-save saves nothing and says how to draw the finding again", async () => {
    const { code, out } = await cli.run(["fuzz", "--runs", "100", "--no-save"]);
    expect(code).toBe(1);
    expect(savedIn("corpus")).toEqual([]);
    expect(out).toMatch(/npx skbcheck fuzz --property flood\/loud --seed 4711 --runs \d+\n/);
  });

  test("a saved finding that still fails fails the next campaign, drawn or not", async () => {
    cli.saveEntry("corpus/findings", entry());
    const { code, out } = await cli.run(["fuzz", "--property", "calm/*", "--runs", "5"]);
    expect(code).toBe(1);
    expect(out).toContain("1 saved finding carried out again");
    expect(out).toContain("FOUND few-members");
    expect(out).toContain("saved earlier and still failing");
  });

  test("a saved finding is held to the laws of its own property, drawn from or not", async () => {
    const recipe = { ...failing, holders: failing.holders.map((it) => ({ ...it, exit: "tap" as const })) };
    cli.saveEntry("corpus/findings", entry({ known: true, why: "so it is", recipe }));
    const { code, out } = await cli.run(["fuzz", "--property", "calm/*", "--runs", "5"]);
    expect(out).not.toContain("FOUND tapped");
    expect(code).toBe(0);
  });

  test("a known finding is listed apart and does not fail the campaign", async () => {
    const file = cli.saveEntry("corpus/findings", entry({ known: true, why: "the list is as GRO makes it" }));
    const { code, out } = await cli.run(["fuzz", "--runs", "50"]);
    expect(code).toBe(0);
    expect(out).not.toContain("FOUND");
    expect(out).toMatch(new RegExp(`known few-members@frag_list, seen \\d+ times, ${file}`));
    expect(out).toContain("nothing new found, 1 known");
  });

  test("a known finding does not hide another violation in the same run", async () => {
    const recipe = { ...failing, holders: failing.holders.map((it) => ({ ...it, exit: "tap" as const })) };
    cli.saveEntry("corpus/findings", entry({ known: true, why: "so it is", recipe }));
    const loudAndTapped = property({ ...loud, laws: [few, tapped] });
    const { code, out } = await cli.run(["fuzz", "--property", "flood/*", "--runs", "1"], {
      deps: { loadProperties: async () => [quiet, loudAndTapped] },
    });
    expect(code).toBe(1);
    expect(out).toContain("FOUND tapped");
    expect(out).toContain("was carried out again");
  });

  test("a known finding that no longer fails is an error, with what to do", async () => {
    const file = cli.saveEntry("corpus/findings", entry({ known: true, why: "so it is", recipe: harmless }));
    const { code, out } = await cli.run(["fuzz", "--property", "calm/*", "--runs", "5"]);
    expect(code).toBe(1);
    expect(out).toContain("A finding accepted as known still fails.");
    expect(out).toContain(`delete ${file}`);
  });

  test("a mended finding is no error, and gives way to a recipe that fails", async () => {
    const file = cli.saveEntry("corpus/findings", entry({ title: "by hand", recipe: harmless }));
    const calm = await cli.run(["fuzz", "--property", "calm/*", "--runs", "5"]);
    expect(calm.code).toBe(0);
    expect(calm.out).toContain(`mended: ${file} no longer fails`);
    await cli.run(["fuzz", "--runs", "100"]);
    const saved = parseEntry(Buffer.from(cli.read(file)), file);
    expect(saved.recipe.packet.members).toHaveLength(2);
    expect(saved.title).toBe("by hand");
  });

  test("--fail-fast stops at a saved finding before anything is drawn", async () => {
    cli.saveEntry("corpus/findings", entry());
    const { code, out } = await cli.run(["fuzz", "--runs", "500", "--fail-fast"]);
    expect(code).toBe(1);
    expect(out).toMatch(/1 finding: 0 runs/);
  });

  test("an unreadable saved finding is exit code 2 and is left as it was", async () => {
    cli.write("corpus/findings/broken.json", "{ half");
    const { code, err } = await cli.run(["fuzz", "--runs", "5"]);
    expect(code).toBe(2);
    expect(err).toMatch(/^skbcheck: [^\n]*broken\.json[^\n]*\n$/);
    expect(cli.read("corpus/findings/broken.json")).toBe("{ half");
  });

  test("findings that cannot be saved are printed all the same, and the exit code is 2", async () => {
    cli.write(".fuzz", "a file stands in the way");
    const { code, out, err } = await cli.run(["fuzz", "--runs", "100", "--kernel", "v6.1"]);
    expect(code).toBe(2);
    expect(out).toContain("FOUND few-members");
    expect(err).toMatch(/^skbcheck: [^\n]*--no-save\n$/);
  });

  test("a corpus that is no folder of entries is exit code 2", async () => {
    cli.write("corpus/findings", "a file stands in the way");
    const { code, err } = await cli.run(["fuzz", "--runs", "100"]);
    expect(code).toBe(2);
    expect(err).toMatch(/^skbcheck: [^\n]*expected a folder of entries[^\n]*\n$/);
  });

  test("Ctrl-C ends the campaign with its summary and its findings", async () => {
    const engine = { ...fakeEngine(), kernel: "mainline" };
    const run = engine.run;
    let count = 0;
    const slow = {
      ...engine,
      run: (recipe: Parameters<typeof run>[0]) => {
        if (count++ === 400) cli.interrupt();
        return run(recipe);
      },
    };
    const { code, out } = await cli.run(["fuzz", "--time", "1h"], { deps: { engineFor: async () => slow } });
    expect(code).toBe(1);
    expect(out).toContain("stopped by Ctrl-C");
    expect(out).toContain("FOUND few-members");
    expect(savedIn("corpus/findings")).toHaveLength(1);
  });

  test("the same seed finds the same", async () => {
    const strip = (text: string) => text.replace(/in \d+\.\d s \(\d+\/s\)/, "");
    const first = await cli.run(["fuzz", "--seed", "9", "--runs", "40", "--no-save"]);
    const second = await cli.run(["fuzz", "--seed", "9", "--runs", "40", "--no-save"]);
    expect(strip(first.out)).toBe(strip(second.out));
  });
});

describe("skbcheck fuzz --json", () => {
  test("- puts the object alone on stdout, as the schema has it", async () => {
    const { code, out, err } = await cli.run(["fuzz", "--runs", "30", "--seed", "5", "--json", "-"]);
    expect(code).toBe(1);
    expect(err).toContain("FOUND few-members");
    const result = resultParser.parse(JSON.parse(out));
    expect(result).toMatchObject({ version: 1, seed: 5, kernel: "mainline", engine: "fake", runs: 60 });
    expect(result.properties.map((it) => it.name)).toEqual(["calm/quiet", "flood/loud"]);
    expect(result.laws.find((it) => it.name === "sound")).toEqual({ name: "sound", applied: 60, broken: 0 });
    const [finding] = result.findings;
    expect(finding).toMatchObject({
      law: "few-members",
      property: "flood/loud",
      known: false,
      signature: "few-members@frag_list",
    });
    expect(finding?.entry).toMatch(/^corpus\/findings\/few-members--[0-9a-f]{8}\.json$/);
    expect(finding?.replay).toBe(`npx skbcheck replay ${finding?.entry}`);
  });

  test("FILE gets the same object, and stdout the text", async () => {
    const { out } = await cli.run(["fuzz", "--runs", "30", "--json", "result.json"]);
    expect(out).toContain("FOUND few-members");
    expect(resultParser.parse(JSON.parse(cli.read("result.json"))).findings).toHaveLength(1);
  });
});
