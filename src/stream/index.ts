import { InetStreamClient, InetStreamServer, InetStreamSocket } from './inet.js'
import { StreamServer } from './server.js'
import { StreamSocket } from './socket.js'
import { pair, UnixStreamClient, UnixStreamServer, UnixStreamSocket } from './unix.js'

export { StreamServer as Server, StreamSocket as Socket }

/** TCP. */
export const inet = { Socket: InetStreamSocket, Server: InetStreamServer, Client: InetStreamClient }

/** Unix streams. */
export const unix = { Socket: UnixStreamSocket, Server: UnixStreamServer, Client: UnixStreamClient, pair }
