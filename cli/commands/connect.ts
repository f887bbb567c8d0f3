import { parseAddress } from '../address.js'
import type { Command } from '../arguments.js'
import { converse } from '../conversation.js'
import { connectTo } from '../open.js'
import { CONNECTION, settingsOf } from '../settings.js'
import { Traffic } from '../traffic.js'
import { STATUS } from '../usage.js'
import { CONVERSATION, conversationOptions } from './conversation-options.js'

/** Connects the standard streams with an address. */
export const connectCommand: Command = {
  name: 'connect',
  summary: 'connect to an address: standard input goes there, what comes goes to standard output',
  usage: 'ADDRESS',
  least: 1,
  most: 1,
  options: { ...CONVERSATION, ...CONNECTION },
  notes: ['It ends when the other side does. The end of the input is passed on, so that the other side sees it.'],
  async run({ given, report, signal }) {
    const [text = ''] = given.positionals
    const settings = settingsOf(given)
    const options = conversationOptions(given)
    const peer = await connectTo(parseAddress(text), settings, signal)
    report.detail('connected', `connected to ${peer.text}`, { address: peer.text })
    const traffic = new Traffic()
    traffic.connections = 1
    try {
      await converse(peer, options, traffic, signal)
      return STATUS.ok
    } finally {
      traffic.summary(report, signal.aborted)
    }
  },
}
