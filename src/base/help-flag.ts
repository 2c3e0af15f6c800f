/** Whether the words of a program ask for help, whatever else they say. */
export const asksForHelp = (args: readonly string[]): boolean =>
  args.some((word) => word === "--help" || word === "-h");
