/**
 * The umask of Lodge's own processes and of all that they start. Whoever starts Lodge has one for files of their own
 * (027, 077), which takes from QEMU and from the DHCP server, who are users of their own, what they must read. What is
 * secret is made with a mode of its own.
 */
export function setUmask(): void {
  process.umask(0o022);
}
