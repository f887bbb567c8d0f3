import type { Given, Options } from '../arguments.js'
import type { ConversationOptions } from '../conversation.js'

/** Options of commands that connect the standard streams with a peer. */
export const CONVERSATION: Options = {
  'no-input': { type: 'boolean', short: 'n', help: 'send nothing: standard input is left alone' },
  lines: { type: 'boolean', short: 'l', help: 'where boundaries are kept, each line is a message' },
  wait: {
    type: 'string',
    short: 'w',
    value: 'SECONDS',
    help: 'end when nothing has come for so long once the input has ended; 1 by default for datagrams',
  },
  quiet: { type: 'boolean', short: 'q', help: 'say nothing but errors' },
  verbose: { type: 'boolean', short: 'v', help: 'say what happens' },
}

/** Reads them. */
export function conversationOptions(given: Given): ConversationOptions {
  return { hasInput: !given.flag('no-input'), byLines: given.flag('lines'), wait: given.milliseconds('wait') }
}
