/** Creates a function that returns its last result while all its arguments are the same. */
export function memoizeLast<Arguments extends readonly unknown[], Value>(
  compute: (...given: Arguments) => Value,
): (...given: Arguments) => Value {
  let last: { readonly given: Arguments; readonly value: Value } | undefined;
  return (...given) => {
    const previous = last?.given;
    if (
      last === undefined ||
      previous?.length !== given.length ||
      given.some((each, index) => each !== previous[index])
    ) {
      last = { given, value: compute(...given) };
    }
    return last.value;
  };
}

/** Creates a function that computes a value once per object, and keeps it as long as the object exists. */
export function memoizeByObject<Key extends object, Value extends NonNullable<unknown>>(
  compute: (key: Key) => Value,
): (key: Key) => Value {
  const values = new WeakMap<Key, Value>();
  return (key) => {
    const value = values.get(key) ?? compute(key);
    values.set(key, value);
    return value;
  };
}
