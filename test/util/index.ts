/** What tests share. Everything waits for events and gives up after a bounded time; nothing sleeps and hopes. */
export * from './children.js'
export * from './closing.js'
export * from './errors.js'
export * from './families.js'
export * from './fds.js'
export * from './folder.js'
export * from './waiting.js'
