import { say } from '../../core/say.js'
import { sameValue } from '../../core/value.js'
import type { KeyModel } from '../../schema/key.js'
import { mergeValues } from '../../schema/merge.js'
import type { Change } from '../record/changes.js'
import { type Entry, sameEntry, toEntry } from '../record/contents.js'
import { handOut } from '../request/hand-out.js'
import type { UnitOfWork } from '../request/unit-of-work.js'
import { checkComputed } from './computed-value.js'

/** A `set`; undefined when the value is there already. One of undefined removes it. @throws SessionValidationError, CodecError */
export function setChange(unit: UnitOfWork, model: KeyModel, value: unknown): Change | undefined {
  const { types } = unit.runtime
  const mine = entryOf(unit, model, value)
  const current = unit.view.data.get(model.name)
  if (!mine) return current || unit.view.carried.has(model.name) ? deleteChange(model.name) : undefined
  if (current && sameEntry(current, mine, types)) return undefined
  const base = current ?? unit.defaults.of(model)
  const wasRead = unit.keysRead?.has(model.name) === true
  let hasReplaced = false

  /** What it becomes on top of what somebody else has stored. */
  function onTopOf(own: Entry, theirs: Entry | undefined): Entry {
    hasReplaced = false
    if (model.merge === 'last' || sameValue(base?.stored, theirs?.stored, types)) return own
    const merged = model.merge && mergeValues(model.merge, base?.value, own.value, theirs?.value, types)
    if (merged !== undefined && merged !== own.value) return entryOf(unit, model, merged) ?? own
    hasReplaced = wasRead && !isOneFact(own, theirs)
    return own
  }

  /** Whether both say the same, and two of it are no more than one: unlike counts and lists. */
  function isOneFact(own: Entry, theirs: Entry | undefined): boolean {
    return ['boolean', 'string'].includes(typeof own.value) && sameValue(own.stored, theirs?.stored, types)
  }

  return {
    kind: 'data',
    key: model.name,
    stored() {
      if (hasReplaced) sayReplaced(unit.runtime.name, model.name)
    },
    apply: (draft) => {
      draft.data.set(model.name, onTopOf(mine, draft.data.get(model.name) ?? unit.defaults.of(model)))
      draft.dropCarried(model.name)
    },
  }
}

function sayReplaced(session: string, key: string): void {
  say(
    `set('${key}') of session \`${session}\` replaced what another request had stored since this one read \`${key}\`: that change is lost. What is computed from the old value belongs in update('${key}', ...) or mutate(), or the key gets a rule that merges. If the last value is to stand, say so and hear no more of it: .meta({ zession: { merge: 'last' } }).`,
  )
}

/** A value computed from the one before it: again, whenever that turns out to be another one. `what` computes it. */
export function updateChange(
  unit: UnitOfWork,
  model: KeyModel,
  compute: (current: unknown) => unknown,
  what: 'update' | 'mutate' = 'update',
): Change {
  const { types } = unit.runtime
  let last: { readonly input: Entry | undefined; readonly output: Entry | undefined } | undefined
  return {
    kind: 'data',
    key: model.name,
    apply: (draft) => {
      const input = draft.data.get(model.name)
      if (!last || !sameValue(last.input?.stored, input?.stored, types)) {
        const current = handOut(input ?? unit.defaults.of(model), types)
        const value = unit.compute(() => compute(current))
        last = { input, output: entryOf(unit, model, checkComputed(unit.runtime, model, what, value)) }
      }
      const { output } = last
      if (input && output && sameEntry(input, output, types)) return
      if (output) draft.data.set(model.name, output)
      else draft.data.delete(model.name)
      draft.dropCarried(model.name)
    },
  }
}

/** The entry of a value; undefined where undefined was given, which the schema accepts. */
function entryOf(unit: UnitOfWork, model: KeyModel, value: unknown): Entry | undefined {
  const typed = model.fromApp(value, unit.runtime.records.format.carryOf(model.name))
  return typed.value === undefined ? undefined : toEntry(typed)
}

export function deleteChange(key: string): Change {
  return {
    kind: 'data',
    key,
    apply: (draft) => {
      draft.data.delete(key)
      draft.dropCarried(key)
    },
  }
}

/** Of all data; flash is another matter. */
export const clearChange: Change = {
  kind: 'data',
  key: undefined,
  apply: (draft) => {
    draft.data.clear()
    draft.carried.clear()
  },
}
