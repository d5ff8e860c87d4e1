/**
 * What can be wrong with a lock file that `npm install` wrote without a complaint.
 *
 * Where a platform's package is not served, npm leaves it out of the lock in silence, and `npm ci` then fails on
 * every machine. A `resolved` address ties the project to the registry that one machine happened to use.
 */
export interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>>; readonly resolved?: string }>
  >;
}

/** One line for each fault; empty for a sound lock file. */
export function lockfileProblems(text: string): string[] {
  const { packages } = JSON.parse(text) as Lockfile;
  const paths = Object.keys(packages);
  const isLocked = (name: string): boolean =>
    paths.some((path) => path === `node_modules/${name}` || path.endsWith(`/node_modules/${name}`));
  const problems = paths.flatMap((path) => {
    const { optionalDependencies = {}, resolved } = packages[path] as Lockfile["packages"][string];
    const missing = Object.keys(optionalDependencies).filter((name) => !isLocked(name));
    return [
      ...missing.map((name) => `${path || "the project"} may need ${name}, which has no entry: npm ci would fail`),
      ...(resolved === undefined ? [] : [`${path} was resolved from ${resolved}: set omit-lockfile-registry-resolved`]),
    ];
  });
  const registries = text.match(/https?:\/\/[^"/]*(?:registry|npmjs)[^"/]*/g) ?? [];
  return [...problems, ...registries.map((host) => `a registry is named: ${host}`)];
}
