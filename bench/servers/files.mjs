// What the servers that send a file share.
import { statSync } from 'node:fs'

export const path = process.argv.at(-1) ?? ''

export const { size } = statSync(path)
