// One owner per descriptor, and no system call on a number that is not ours any more.
import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { sys } from '#internal/constants/lookup.js'
import { closeFd } from '#internal/descriptor/close-fd.js'
import { isOwned, OwnedFd } from '#internal/descriptor/owned-fd.js'
import { native } from '#internal/native/sockets.js'
import { claimed, isOpen, leavesNoFd } from '../../util/index.js'

leavesNoFd()

const open = (): number => openSync('/dev/null', 'r')

describe('OwnedFd', () => {
  it('OwnedFd closes its descriptor once', () => {
    const fd = open()
    const owned = new OwnedFd(claimed(fd), 'a test')
    assert.equal(owned.fd, fd)
    assert.equal(owned.use('x'), fd)
    assert.equal(isOwned(fd), true)
    owned.close()
    assert.equal(owned.fd, -1)
    assert.equal(isOwned(fd), false)
    assert.equal(isOpen(fd), false)
  })

  it('OwnedFd never touches a number that has a new owner (H01)', () => {
    const fd = open()
    const owned = new OwnedFd(claimed(fd), 'a test')
    owned.close()
    const reused = open()
    assert.equal(reused, fd, 'the kernel gives out the lowest free number')
    owned.close()
    assert.equal(owned.release(), -1)
    assert.throws(() => owned.use('recv'), { code: 'EBADF', syscall: 'recv' })
    assert.equal(isOpen(reused), true)
    closeSync(reused)
  })

  it('OwnedFd gives up the descriptor that it releases', () => {
    const fd = open()
    const owned = new OwnedFd(claimed(fd), 'a test')
    assert.equal(owned.release(), fd)
    assert.equal(owned.fd, -1)
    assert.equal(isOwned(fd), false)
    owned.close()
    assert.equal(isOpen(fd), true)
    closeSync(fd)
  })

  it('OwnedFd gives up a number that was closed elsewhere and reused (H05)', () => {
    const fd = open()
    const stale = new OwnedFd(claimed(fd), 'stale')
    closeSync(fd)
    const again = open()
    assert.equal(again, fd)
    const fresh = new OwnedFd(claimed(again), 'fresh')
    assert.equal(stale.fd, -1)
    stale.close()
    assert.equal(isOpen(again), true)
    fresh.close()
    assert.equal(isOpen(again), false)
  })

  it('OwnedFd throws the error of close(2)', () => {
    const fd = open()
    const owned = new OwnedFd(claimed(fd), 'a test')
    closeSync(fd)
    assert.throws(() => owned.close(), { code: 'EBADF', syscall: 'close' })
    assert.equal(owned.fd, -1)
    owned.close()
  })
})

describe('closeFd()', () => {
  /** Lets close(2) give this answer while `act` runs; the numbers that it was called with. */
  function whenCloseSays(answer: number, act: () => void): number[] {
    const { close } = native
    const closed: number[] = []
    const stand = (fd: number): number => {
      closed.push(fd)
      return answer
    }
    Object.assign(native, { close: stand })
    try {
      act()
    } finally {
      Object.assign(native, { close })
    }
    return closed
  }

  it('closeFd() treats EINTR as success and never closes twice (H07)', () => {
    const closed = whenCloseSays(-sys.EINTR, () => closeFd(987654))
    assert.deepEqual(closed, [987654])
  })

  it('closeFd() reports EIO, and the owner does not try again (H07)', () => {
    const fd = open()
    const owned = new OwnedFd(claimed(fd), 'a test')
    const closed = whenCloseSays(-sys.EIO, () => {
      assert.throws(() => owned.close(), { code: 'EIO', syscall: 'close' })
      owned.close()
    })
    assert.deepEqual(closed, [fd])
    closeFd(fd)
  })

  it('closeFd() closes, and throws EBADF for a number that is not open', () => {
    const fd = open()
    closeFd(fd)
    assert.throws(() => closeFd(fd), { code: 'EBADF' })
  })
})
