/** Whether zlib itself says that what it was given is no stream of its format, or not a whole one. */
export function isZlibError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
