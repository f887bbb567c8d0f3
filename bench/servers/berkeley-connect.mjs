// berkeley, as a client.
import { stream } from '../../dist/index.mjs'
import { BYTE, run } from './connector.mjs'

run(async (port) => {
  const conn = await stream.inet.Client.create({ host: '127.0.0.1', port })
  await conn.send(BYTE)
  await conn.recv()
  await conn.close()
})
