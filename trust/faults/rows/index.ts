/** All tables. */
import type { Row } from '../row.js'
import { familyRows } from './families.js'
import { first } from './first.js'
import { life } from './life.js'
import { low } from './low.js'
import { memoryRows } from './memory.js'
import { tlsRows } from './tls.js'
import { transferRows } from './transfers.js'

export const rows: readonly Row[] = [
  ...first,
  ...low,
  ...transferRows,
  ...life,
  ...familyRows,
  ...tlsRows,
  ...memoryRows,
]
