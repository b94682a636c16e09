import type { KeyModel } from '../../schema/key.js'
import type { Entry } from '../record/contents.js'
import type { UnitOfWork } from '../request/unit-of-work.js'

/**
 * The default of an absent key, for the app. One that would be another value in the next request (a random token, the time)
 * is stored with this response: what was handed out, in a form for instance, must be there when it comes back. If another
 * request has stored one first, that one counts.
 */
export function keptDefault(unit: UnitOfWork, model: KeyModel): Entry | undefined {
  const entry = unit.defaults.of(model)
  if (!entry?.volatile || unit.phase !== 'open' || unit.isComputing) return entry
  const key = model.name
  // What is stored under the key and no longer accepted must not be overwritten by a mere read.
  if (unit.view.carried.has(key)) return entry
  unit.change({
    kind: 'data',
    key,
    apply: (draft) => {
      if (!draft.data.has(key) && !draft.carried.has(key)) draft.data.set(key, entry)
    },
  })
  return entry
}
