import { tryOn } from './suite.js'

tryOn('Deno')
