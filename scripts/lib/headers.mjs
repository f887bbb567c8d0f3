// Where the headers of Node are.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { Failure } from './run.mjs'

/** The folder of the headers of the Node that runs this: beside it, or where node-gyp keeps what it has fetched. */
export function nodeHeaders() {
  const given = process.env['npm_config_nodedir']
  const places = [
    ...(given ? [join(given, 'include', 'node')] : []),
    join(dirname(dirname(process.execPath)), 'include', 'node'),
    join(homedir(), '.cache', 'node-gyp', process.versions.node, 'include', 'node'),
  ]
  const found = places.find((place) => existsSync(join(place, 'node_api.h')))
  if (found === undefined) throw new Failure(`there are no headers of Node ${process.version}`)
  return found
}
