// An archive as the kernel takes it for its first file system: cpio's "newc" format. See cpio(5), initramfs-buffer-format.

/**
 * @typedef {object} Entry
 * @property {string} name without a slash in front
 * @property {number} mode type and permissions: see inode(7)
 * @property {Buffer} [content]
 */

const hex = (/** @type {number} */ value) => value.toString(16).toUpperCase().padStart(8, '0')

/** Everything begins at a multiple of four bytes. @param {Buffer} bytes */
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])

/** @param {Entry} entry @param {number} inode */
function member({ name, mode, content = Buffer.alloc(0) }, inode) {
  const [owner, links, time, device] = [0, 1, 0, 0]
  const fields = [inode, mode, owner, owner, links, time, content.length, device, device, device, device]
  const header = `070701${[...fields, name.length + 1, 0].map(hex).join('')}${name}\0`
  return Buffer.concat([padded(Buffer.from(header, 'latin1')), padded(content)])
}

/** @param {readonly Entry[]} entries folders before what is in them */
export const cpio = (entries) =>
  Buffer.concat([...entries, { name: 'TRAILER!!!', mode: 0 }].map((entry, index) => member(entry, index + 1)))

export const folder = (/** @type {string} */ name) => ({ name, mode: 0o040755 })
export const program = (/** @type {string} */ name, /** @type {Buffer} */ content) => ({
  name,
  mode: 0o100755,
  content,
})
