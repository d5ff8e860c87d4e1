import { describe, expect, test } from "vitest";
import { clocksIn, codeOnly, hasDefaultExport, importsOf } from "./sourceText.js";

const specifiers = (source: string): (string | undefined)[] => importsOf(source).map(({ specifier }) => specifier);

describe("codeOnly", () => {
  test("blanks comments and texts and keeps every position", () => {
    const source = "const a = \"x\"; // y\n/* z\n */ f(`p ${q} r`, 's');";
    expect(codeOnly(source)).toBe("const a = \" \";     \n    \n    f(`  ${q}  `, ' ');");
  });
  test("sees the end of nested templates", () => {
    expect(codeOnly("`a${`b${c}d`}e`; f;")).toBe("` ${` ${c} `} `; f;");
  });
  test("tells a regular expression from a division", () => {
    expect(codeOnly('f(/["/]/); g;')).toBe("f(/    /); g;");
    expect(codeOnly('a / b; "c"; d / e;')).toBe('a / b; " "; d / e;');
    expect(codeOnly('a[0]! / i++ / "b".length;')).toBe('a[0]! / i++ / " ".length;');
    expect(codeOnly("return /'/;")).toBe("return / /;");
  });
  test("is not confused by an escaped quote", () => {
    expect(codeOnly('"\\""; a;')).toBe('"  "; a;');
  });
});

describe("importsOf", () => {
  test("tells values, types and dynamic imports apart", () => {
    expect(importsOf('import type { A } from "a";\nimport { b } from "b";\nawait import("c");\nimport(name);')).toEqual(
      [
        { specifier: "a", typeOnly: true, dynamic: false },
        { specifier: "b", typeOnly: false, dynamic: false },
        { specifier: "c", typeOnly: false, dynamic: true },
        { specifier: undefined, typeOnly: false, dynamic: true },
      ],
    );
  });
  test("takes a value called type for a value", () => {
    expect(importsOf('import type, { a } from "a";\nimport { type B } from "b";').map((i) => i.typeOnly)).toEqual([
      false,
      false,
    ]);
  });
  test("does not take text, comments or members for imports", () => {
    expect(
      specifiers('// import "a";\nconst t = `import { x } from "b";`;\nimport.meta.url;\nloader.import("c");'),
    ).toEqual([]);
  });
  test("does not run on from an export without a source to the next import", () => {
    expect(specifiers('export const a = 1;\nexport { a as b };\nimport { c } from "c";')).toEqual(["c"]);
  });
});

describe("hasDefaultExport", () => {
  test("finds both forms", () => {
    expect(hasDefaultExport("export default class {}")).toBe(true);
    expect(hasDefaultExport("export { a as default };")).toBe(true);
    expect(hasDefaultExport('import { default as a } from "a";\nexport { a };\n// export default')).toBe(false);
  });
});

describe("clocksIn", () => {
  test("names what is used and overlooks what is only mentioned", () => {
    expect(clocksIn("new Date(0); process.hrtime.bigint(); performance . now()")).toEqual([
      "process.hrtime",
      "performance.now",
      "new Date",
    ]);
    expect(clocksIn('// Date.now()\nconst text = "Math.random";')).toEqual([]);
  });
});
