import type { SessionConfigError } from '../../core/errors.js'
import { insideTransaction } from '../sql/refusals.js'
import { toInteger } from '../sql/values.js'

/** What mysql2 answers to a write. */
export type Changed = readonly [{ readonly affectedRows: number; readonly serverStatus?: number }, ...unknown[]]

/** What is learnt about a server from its answers: one for all connections of a store. */
export interface Server {
  /** Servers that are too old for `skip locked` are asked once. */
  skipsLocked: boolean
  /**
   * How many rows a write changed.
   * @throws SessionConfigError when the write is not committed
   */
  changes(answer: Changed): number
  /** @throws SessionConfigError once a write was not committed: what reads say from then on proves nothing */
  readonly verify: () => void
}

export function serverOf(): Server {
  let uncommitted: SessionConfigError | undefined
  return {
    skipsLocked: true,
    changes([{ affectedRows, serverStatus }]) {
      if (typeof serverStatus === 'number' && (serverStatus & inTransaction) !== 0) {
        uncommitted = insideTransaction('mysqlStore')
        throw uncommitted
      }
      return toInteger(affectedRows)
    },
    verify() {
      if (uncommitted) throw uncommitted
    },
  }
}

/** A flag of the server's status after a statement, SERVER_STATUS_IN_TRANS. */
const inTransaction = 1
