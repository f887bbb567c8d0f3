// The thread that waits, on Node.
import { tryOn } from './suite.js'

tryOn('Node')
