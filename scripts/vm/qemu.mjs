// Boots a guest and waits for its end.
import { spawn } from 'node:child_process'

/** @typedef {import('./machines.mjs').Machine} Machine */

/**
 * A folder of the host. Permissions are those of the user who runs qemu.
 * @param {string} tag
 * @param {string} path
 * @param {boolean} [isReadonly]
 */
const share = (tag, path, isReadonly = true) => [
  '-virtfs',
  `local,id=${tag},path=${path.replaceAll(',', ',,')},mount_tag=${tag},security_model=none,multidevs=remap${isReadonly ? ',readonly=on' : ''}`,
]

/**
 * @param {Machine} machine
 * @param {{ kernel: string, initrd: string, modules: string, root: string, tree: string, out: string }} files
 * @param {{ accel: string, cpus: number, megabytes: number }} size
 */
function qemuArguments(machine, files, { accel, cpus, megabytes }) {
  const command = [
    `console=${machine.console}`,
    'quiet',
    'loglevel=3',
    'panic=-1',
    'random.trust_bootloader=on',
    ...machine.command,
  ]
  return [
    ...machine.options,
    ...['-accel', accel, '-smp', String(cpus), '-m', `${megabytes}M`],
    // Nothing leaves the guest, and nothing comes in.
    ...['-nic', 'none', '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    ...['-kernel', files.kernel, '-initrd', files.initrd, '-append', command.join(' ')],
    ...share('root', files.root),
    ...share('tree', files.tree),
    ...share('modules', files.modules),
    ...share('out', files.out, false),
  ]
}

/**
 * Runs a guest; what it prints goes to standard output.
 * @param {Machine} machine
 * @param {Parameters<typeof qemuArguments>[1]} files
 * @param {Parameters<typeof qemuArguments>[2] & { seconds: number }} options
 * @returns {Promise<string>} how it ended
 */
export function boot(machine, files, options) {
  const args = qemuArguments(machine, files, options)
  const child = spawn(machine.qemu, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const stop = () => child.kill('SIGKILL')
  const timer = setTimeout(stop, options.seconds * 1000)
  process.once('SIGINT', stop).once('SIGTERM', stop)
  // Lines of a terminal end with both.
  child.stdout.setEncoding('utf8').on('data', (text) => process.stdout.write(text.replaceAll('\r', '')))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (_, signal) => {
      clearTimeout(timer)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve(signal === null ? 'the guest ended' : `the guest was stopped, which has ${options.seconds} s,`)
    })
  })
}
