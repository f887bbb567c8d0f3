/** What a service and its manager say to each other: systemd, or whatever else speaks its protocols. */

export type { InheritedSocket, ServiceSocket } from '../inherited/adopt.js'
export type { ClassOf, Inherited, InheritedSockets } from '../inherited/sockets.js'
export { type ListenFdsOptions, listenFds } from './listen-fds.js'
export { notify } from './notify.js'
export type { NotifyState } from './state.js'
export { type Watchdog, type WatchdogOptions, watchdog } from './watchdog.js'
