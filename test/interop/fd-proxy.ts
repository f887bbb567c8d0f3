// A ProxyCommand for `ssh -o ProxyUseFdpass=yes`: connects to the host and port that it is told, and passes the
// connection over its standard output, which ssh made a unix socket.
import { connect, stream } from 'berkeley'

const [host = '', port = ''] = process.argv.slice(2)
const ssh = await stream.unix.wrap(1)
const conn = await connect({ host, port })
await ssh.sendfd(conn.fd())
await conn.close()
await ssh.close()
