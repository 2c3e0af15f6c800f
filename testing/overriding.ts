/** An object of which a test has some methods in its hands, whatever else it can do. */

/** @param methods are called in the place of the object's own, which they may call; a test may put others in theirs */
export function overriding<T extends object>(object: T, methods: Partial<T>): T {
  const others: object = { ...methods };
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(others, name)) return Reflect.get(others, name);
      const own: unknown = Reflect.get(target, name);
      return typeof own === "function" ? own.bind(target) : own;
    },
    // The object's own stays as it is: what takes its place calls it.
    set: (_, name, value) => Reflect.set(others, name, value),
  });
}
