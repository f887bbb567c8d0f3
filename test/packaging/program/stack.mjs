// Prints the stacks of two errors of the package: of one that is thrown, and of one that is awaited.
import { AddrInfo, stream } from 'berkeley'

function throwing() {
  AddrInfo.inet('nonsense')
}

async function awaiting() {
  const [ours, theirs] = await stream.unix.pair()
  try {
    await ours.recv({ timeout: 10 })
  } finally {
    await Promise.all([ours.close(), theirs.close()])
  }
}

async function main() {
  for (const act of [throwing, awaiting]) {
    try {
      await act()
    } catch (error) {
      console.log(JSON.stringify(error.stack))
    }
  }
}

main()
