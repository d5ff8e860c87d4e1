import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeCli } from "./testing/fakeCli.js";

let cli: FakeCli;
beforeEach(() => {
  cli = new FakeCli();
});
afterEach(() => cli.remove());

/** Command lines that cannot be meant, and what the one line on stderr must speak of. */
const BAD: readonly (readonly [string, ...RegExp[]])[] = [
  ["", /expected a command/, /fuzz, replay, show/],
  ["fuz", /"fuz"/, /did you mean "fuzz"/],
  ["--kernel v6.1", /expected a command, got flag/],
  ["constructor", /expected a command, got "constructor"/],
  ["export x --to c", /not part of this version/],
  ["compare", /not part of this version/],
  ["record", /not part of this version/],
  ["report x.json", /not part of this version/],
  ["corpus merge", /not part of this version/],
  ["corpus prune", /not part of this version/],
  ["corpus lsit", /did you mean "list"/],
  ["corpus", /expected list \[DIR\]/],
  ["corpus accept x", /no reason/, /--why/],
  ["corpus list --why x", /--why belongs to corpus accept/],
  ["corpus list no-such-dir", /no-such-dir/],
  ["fuzz --sed 4", /unknown flag --sed/, /did you mean "--seed"/],
  ["fuzz -q", /unknown flag -q/],
  ["fuzz --constructor", /unknown flag --constructor/],
  ["fuzz extra", /got also "extra"/],
  ["fuzz --html out.html", /--html is not part of this version/],
  ["fuzz --junit out.xml", /--junit is not part of this version/],
  ["fuzz --workers 4", /--workers 4 is not part of this version/, /--shard/],
  ["fuzz --workers 0", /--workers/, /"0"/],
  ["fuzz --engine linux", /--engine linux is not part of this version/],
  ["fuzz --engine vm", /--engine vm is not part of this version/],
  ["fuzz --engine modle", /expected model, got "modle"/],
  ["fuzz --runs", /--runs needs a value/],
  ["fuzz --runs=", /--runs needs a value/],
  ["fuzz --runs --fail-fast", /--runs needs a value/],
  ["fuzz --runs 0", /--runs/, /"0"/],
  ["fuzz --runs -5", /"-5"/],
  ["fuzz --runs 1.5", /"1.5"/],
  ["fuzz --runs 1e3", /"1e3"/],
  ["fuzz --runs ten", /"ten"/],
  ["fuzz --runs 5 --runs 6", /twice/],
  ["fuzz --seed 99999999999", /--seed/, /4294967295/],
  ["fuzz --seed 0x10", /"0x10"/],
  ["fuzz --time 60", /60s, 5m or 1h/, /"60"/],
  ["fuzz --time 0s", /"0s"/],
  ["fuzz --time 5d", /"5d"/],
  ["fuzz --time 1000h", /at most 24h/],
  ["fuzz --shard 0/4", /"0\/4"/],
  ["fuzz --shard 5/4", /"5\/4"/],
  ["fuzz --shard 1", /"1"/],
  ["fuzz --shard 1/0", /"1\/0"/],
  ["fuzz --fail-fast=yes", /takes no value/],
  ["fuzz --property flod/loud", /flod\/loud/, /did you mean "flood\/loud"/],
  ["fuzz --property nothing/*", /nothing\/\*/, /skbcheck properties/],
  ["fuzz --kernel 6.11", /--kernel/, /did you mean "v6.1"/],
  ["fuzz --kernel v9.9", /mainline, v6.1, v6.4/],
  ["fuzz --bug mss-overfow", /did you mean "mss-overflow"/],
  ["fuzz --bug zzz", /skbcheck bugs/],
  ["fuzz --corpus nowhere", /nowhere/],
  ["fuzz --json no/such/dir.json", /no\/such\/dir.json/],
  ["replay", /expected ENTRY, got nothing/],
  ["replay a b", /got also "b"/],
  ["replay nothing-like-it", /nothing-like-it/, /skbcheck corpus list/],
  ["replay x --shrink --kernel v6.1", /--shrink/, /leave them out/],
  ["show", /expected ENTRY/],
  ["show x --engine linux", /not part of this version/],
  ["vectors", /expected FILE/],
  ["vectors missing.jsonl", /missing.jsonl/],
  ["bugs --kernel v6.2", /expected one of/],
  ["bugs all", /expected no argument besides flags/],
  ["kernels --kernel v6.1", /unknown flag --kernel/],
];

describe("a command line that cannot be carried out", () => {
  test.each(BAD.map(([line, ...patterns]) => ({ line, patterns })))("skbcheck $line", async ({ line, patterns }) => {
    const { code, out, err } = await cli.run(line === "" ? [] : line.split(" "));
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(/^skbcheck: [^\n]+\n$/);
    expect(err).not.toMatch(/\n\s+at |defect of skbcheck/);
    for (const pattern of patterns) expect(err).toMatch(pattern);
  });

  test("an exception that nobody foresaw is one line without a stack", async () => {
    const laws = async () => {
      throw new TypeError("cannot read\n    at nowhere (file.js:1:1)");
    };
    const { code, err } = await cli.run(["laws"], { deps: { laws } });
    expect(code).toBe(2);
    expect(err).toMatch(/^skbcheck: could not go on[^\n]*cannot read[^\n]*\n$/);
  });
});

describe("help and version", () => {
  test("every command explains itself, its flags included", async () => {
    for (const name of ["fuzz", "replay", "show", "vectors", "corpus", "bugs", "kernels", "laws", "properties"]) {
      const { code, out, err } = await cli.run([name, "--help"]);
      expect(code).toBe(0);
      expect(err).toBe("");
      expect(out).toContain(`usage: skbcheck ${name}`);
      expect(out).toContain("--help");
    }
  });

  test("the general help lists every command and the exit codes", async () => {
    const { code, out } = await cli.run(["--help"]);
    expect(code).toBe(0);
    for (const name of ["fuzz", "replay", "show", "vectors", "corpus", "bugs", "kernels", "laws", "properties"]) {
      expect(out).toMatch(new RegExp(`^  ${name} `, "m"));
    }
    expect(out).toContain("2 could not run");
  });

  test("--version prints the package's version, alone and behind a command", async () => {
    expect(await cli.run(["--version"])).toEqual({ code: 0, out: "skbcheck 0.1.0\n", err: "" });
    expect(await cli.run(["replay", "--version"])).toEqual({ code: 0, out: "skbcheck 0.1.0\n", err: "" });
  });
});
