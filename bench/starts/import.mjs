// berkeley, from an ES module.
import '../../dist/index.mjs'
import './tell.mjs'
