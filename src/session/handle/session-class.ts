import type { NoFlash, SessionSchema } from '../../schema/types.js'
import type { DefinitionRuntime } from '../definition/runtime.js'
import type { UnitOfWork } from '../request/unit-of-work.js'
import { refuseAssignment } from './assignment.js'
import { flashClassOf } from './flash.js'
import { Session } from './session.js'

/** The handle class of one definition: assigning to one of its keys, as in `session.userId = 3`, throws in sloppy code too. */
export function sessionClassOf<S extends SessionSchema, F extends SessionSchema | NoFlash>(
  runtime: DefinitionRuntime,
): new (
  unit: UnitOfWork,
) => Session<S, F> {
  const FlashOf = flashClassOf<F>(runtime)
  class SessionOf extends Session<S, F> {
    constructor(unit: UnitOfWork) {
      super(unit, new FlashOf(unit))
      Object.freeze(this)
    }
  }
  refuseAssignment(SessionOf.prototype, runtime.schema, `session.`, 'session.set')
  return SessionOf
}
