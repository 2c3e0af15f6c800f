/**
 * What is there already, or will be. A request that is asked for again and again finds all that it needs in memory; a
 * promise at each step of it would cost a third of what it takes. Whoever is in no hurry awaits it.
 */
export type Soon<T> = T | Promise<T>;

/**
 * What `next` makes of the value: at once where the value is there. Errors: those of both, thrown at once or in the
 * promise.
 */
export function whenThere<T, Next>(value: Soon<T>, next: (value: T) => Soon<Next>): Soon<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** All of them: at once where all are there. Errors: that of the first promise that fails. */
export function allSoon<T>(values: readonly Soon<T>[]): Soon<readonly T[]> {
  const isThere = (all: readonly Soon<T>[]): all is readonly T[] =>
    !all.some((value) => value instanceof Promise);
  return isThere(values) ? values : Promise.all(values);
}
