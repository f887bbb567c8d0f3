import { tryOn } from './suite.js'

tryOn('Bun')
