import { guide } from './guide.js'
import { type Program, programsOf } from './program.js'
import { readme } from './readme.js'

/** The snippets of every page whose snippets are compiled and run. */
export const programs: readonly Program[] = [...programsOf('README.md', readme), ...programsOf('docs/guide.md', guide)]
