/**
 * Taps as open descriptors: a process that inherits one sends and receives by it from whatever network namespace it is in,
 * and need not be in the tap's. A descriptor is bound to its tap by ioctl(2), which Node does not have and perl does: it is
 * an essential package of Debian, and takes 3 ms.
 */
import { programPath } from "./programs.ts";

/** A tap of the namespace that the command is started in, and the descriptor at which its program is to find it. */
export type OpenTap = { readonly name: string; readonly descriptor: number };

/**
 * TUNSETIFF (linux/if_tun.h) makes the tap where there is none, so it is looked for. The flags are those that QEMU sets where
 * it opens one by its name: IFF_TAP, IFF_NO_PI, IFF_VNET_HDR. Descriptors are the lowest that are free, in their order.
 */
const PROGRAM = `$^F = 1023;
while (($_ = shift) ne "--") {
  my ($name, $descriptor) = split /=/;
  -e "/proc/sys/net/ipv4/conf/$name" or die "there is no tap $name\\n";
  open(my $tap, "+<", "/dev/net/tun") or die "/dev/net/tun: $!\\n";
  fileno($tap) == $descriptor or die "the tap $name is at another descriptor\\n";
  ioctl($tap, 0x400454ca, pack("a16 S x22", $name, 0x5002)) or die "the tap $name: $!\\n";
  push @taps, $tap;
}
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n";`;

/** The command that runs `command` with the taps open. All descriptors below them are to be in use. Errors: ProgramMissing. */
export function withTaps(taps: readonly OpenTap[], command: readonly string[]): string[] {
  if (taps.length === 0) return [...command];
  const [program = "", ...words] = command;
  const named = taps.map(({ name, descriptor }) => `${name}=${descriptor}`);
  return [programPath("perl"), "-e", PROGRAM, ...named, "--", programPath(program), ...words];
}
