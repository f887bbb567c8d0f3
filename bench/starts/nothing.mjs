// Nothing but Node.
import './tell.mjs'
