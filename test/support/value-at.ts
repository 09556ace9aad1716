/** What a parsed JSON or YAML value holds under a key, or an array at a place; undefined where it holds nothing. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null
        ? Object.getOwnPropertyDescriptor(current, key)?.value
        : undefined,
    value,
  );
}

/** The same, where a list is expected; empty where there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The same, where an object of strings is expected; empty where there is none. */
export function stringsAt(
  value: unknown,
  ...path: readonly string[]
): Readonly<Record<string, string>> {
  const found = valueAt(value, ...path);
  return Object.fromEntries(
    Object.entries(typeof found === 'object' && found !== null ? found : {}).map(
      ([key, entry]: readonly [string, unknown]) => [key, String(entry)],
    ),
  );
}
