import { describe } from 'vitest'
import { sqlSilence } from '../sql/silence.js'
import { mysqlKind } from './kind.js'

const { available, version } = mysqlKind.server

describe.skipIf(!available)(`on ${version}`, () => {
  sqlSilence(mysqlKind)
})
