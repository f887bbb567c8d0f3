// Loads a C program into this process, and runs it with the rest of the arguments.
//   node run-addon.mjs PROGRAM.node [ARGUMENT ...]
const [path = '', ...args] = process.argv.slice(2)
/** @type {{ exports: { run?: (args: readonly string[]) => number } }} */
const loaded = { exports: {} }
process.dlopen(loaded, path)
process.exitCode = loaded.exports.run?.(args)
