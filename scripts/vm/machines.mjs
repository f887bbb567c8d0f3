// The machines that tests can run on: what qemu is told, and what the guest needs that the host has not.

/**
 * @typedef {object} Machine
 * @property {string} arch as Node calls it
 * @property {string} debian as Debian calls it
 * @property {string} qemu the program
 * @property {string} package that has it
 * @property {string} [compiler] without which its addons cannot be made here
 * @property {readonly string[]} options of it: an emulated processor, of a kind that costs little to emulate
 * @property {string} console the kernel's name of the serial line
 * @property {readonly string[]} command more for the kernel
 * @property {readonly string[]} packages of the guest's own root; none if it has the host's files
 */

/** The programs that tests start, and what they need. */
const PROGRAMS = [
  ...[
    'base-files',
    'base-passwd',
    'bash',
    'binutils',
    'bsdutils',
    'coreutils',
    'curl',
    'dash',
    'diffutils',
    'findutils',
  ],
  ...[
    'gnutls-bin',
    'grep',
    'gzip',
    'haproxy',
    'iproute2',
    'iputils-ping',
    'libc-bin',
    'libssl3',
    'libstdc++6',
    'mount',
  ],
  ...['mawk', 'musl', 'netbase', 'netcat-openbsd', 'nginx-light', 'openssh-client', 'openssh-server', 'openssl'],
  ...['procps', 'python3', 'sed', 'socat', 'sslscan', 'strace', 'systemd', 'tar', 'util-linux'],
]

/** @type {Readonly<Record<string, Machine>>} */
export const MACHINES = {
  x64: {
    arch: 'x64',
    debian: 'amd64',
    qemu: 'qemu-system-x86_64',
    package: 'qemu-system-x86',
    options: ['-M', 'q35', '-cpu', 'Nehalem'],
    console: 'ttyS0',
    // On a busy host the timer that is tested comes too late, and the kernel gives up.
    command: ['no_timer_check'],
    packages: [],
  },
  arm64: {
    arch: 'arm64',
    debian: 'arm64',
    qemu: 'qemu-system-aarch64',
    package: 'qemu-system-arm',
    compiler: 'aarch64-linux-gnu-g++',
    options: ['-M', 'virt', '-cpu', 'cortex-a72'],
    console: 'ttyAMA0',
    command: [],
    packages: PROGRAMS,
  },
}

/** Modules that the first steps of the guest need, before it has a file system. */
export const FIRST_MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay']

/** Modules that nothing loads by itself when a program asks for what they do. The others come when they are needed. */
export const MODULES = ['vsock_loopback', 'vcan', 'tls', 'sctp', 'sch_netem', 'dummy', 'veth']
