/** What the image is made of, beyond what Debian calls required and apt. What these need comes with them. */
export const PACKAGES = [
  // Debian's generic kernel: its smaller one for clouds has no driver for the SCSI bus, nor for e1000 and rtl8139.
  "linux-image-amd64",
  "initramfs-tools",
  "zstd",
  "grub-pc",
  // The system: logind heeds the power button, resolved takes name servers from DHCP.
  "systemd-sysv",
  "udev",
  "dbus",
  "libpam-systemd",
  "systemd-resolved",
  "systemd-timesyncd",
  // cloud-init with what it needs to grow the file system and to set up NICs.
  "cloud-init",
  "cloud-guest-utils",
  "fdisk",
  "netplan.io",
  // What one needs to work on it.
  "openssh-server",
  "sudo",
  "ca-certificates",
  "iproute2",
  "iputils-ping",
  "procps",
  "netbase",
  "less",
  "nano",
] as const;
