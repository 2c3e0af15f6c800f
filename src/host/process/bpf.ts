/** Programs of classic BPF by which the kernel judges system calls (seccomp(2), linux/seccomp.h, linux/bpf_common.h). */

/** What is looked at (struct seccomp_data): the low half of the first argument stands first, both are little-endian. */
export const [NUMBER_AT, ARCHITECTURE_AT, ARGUMENT_AT] = [0, 4, 16];
export const [ALLOW, KILL_PROCESS, ERRNO] = [0x7fff0000, 0x80000000, 0x00050000];
export const [LOAD, IF_EQUAL, IF_AT_LEAST, IF_ANY_BIT, RETURN] = [0x20, 0x15, 0x35, 0x45, 0x06];
const STEP_BYTES = 8;

/** An instruction (struct sock_filter): a jump skips so many of those that follow. */
export type Step = readonly [code: number, value: number, skipIf?: number, skipElse?: number];

/** The steps, as the kernel takes them (struct sock_filter[]). */
export function programOf(steps: readonly Step[]): Buffer {
  const program = Buffer.alloc(steps.length * STEP_BYTES);
  for (const [place, [code, value, skipIf = 0, skipElse = 0]] of steps.entries()) {
    program.writeUInt16LE(code, place * STEP_BYTES);
    program.writeUInt8(skipIf, place * STEP_BYTES + 2);
    program.writeUInt8(skipElse, place * STEP_BYTES + 3);
    program.writeUInt32LE(value, place * STEP_BYTES + 4);
  }
  return program;
}
