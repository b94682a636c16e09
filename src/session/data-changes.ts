import { sameValue } from '../core/value.js'
import type { KeyModel } from '../schema/key.js'
import { mergeValues } from '../schema/merge.js'
import { computed, defaultEntry, handOut } from './access.js'
import type { Change } from './changes.js'
import { checkComputed } from './computed-value.js'
import { type Entry, sameEntry, toEntry } from './contents.js'
import type { Engine } from './engine.js'
import type { SessionState } from './state.js'

/** A `set`; undefined when the value is there already. One of undefined removes it. @throws SessionValidationError, CodecError */
export function setting(engine: Engine, state: SessionState, model: KeyModel, value: unknown): Change | undefined {
  const { types } = engine
  const mine = entryOf(engine, model, value)
  const current = state.view.data.get(model.name)
  if (!mine) return current || state.view.carried.has(model.name) ? deleting(model.name) : undefined
  if (current && sameEntry(current, mine, types)) return undefined
  const base = current ?? defaultEntry(state, model)

  /** What it becomes on top of what somebody else has stored. */
  function onTopOf(own: Entry, theirs: Entry | undefined): Entry {
    if (model.merge === 'last' || sameValue(base?.stored, theirs?.stored, types)) return own
    return entryOf(engine, model, mergeValues(model.merge, base?.value, own.value, theirs?.value, types)) ?? own
  }

  return {
    kind: 'data',
    key: model.name,
    apply: (draft) => {
      draft.data.set(model.name, onTopOf(mine, draft.data.get(model.name) ?? defaultEntry(state, model)))
      draft.carried.delete(model.name)
    },
  }
}

/** A value computed from the one before it: again, whenever that turns out to be another one. `what` computes it. */
export function updating(
  engine: Engine,
  state: SessionState,
  model: KeyModel,
  compute: (current: unknown) => unknown,
  what: 'update' | 'mutate' = 'update',
): Change {
  const { types } = engine
  let last: { readonly input: Entry | undefined; readonly output: Entry | undefined } | undefined
  return {
    kind: 'data',
    key: model.name,
    apply: (draft) => {
      const input = draft.data.get(model.name)
      if (!last || !sameValue(last.input?.stored, input?.stored, types)) {
        const current = handOut(input ?? defaultEntry(state, model), types)
        const value = computed(state, () => compute(current))
        last = { input, output: entryOf(engine, model, checkComputed(engine, model, what, value)) }
      }
      const { output } = last
      if (input && output && sameEntry(input, output, types)) return
      if (output) draft.data.set(model.name, output)
      else draft.data.delete(model.name)
      draft.carried.delete(model.name)
    },
  }
}

/** The entry of a value; undefined where undefined was given, which the schema accepts. */
function entryOf(engine: Engine, model: KeyModel, value: unknown): Entry | undefined {
  const typed = model.fromApp(value, engine.format.carryOf(model.name))
  return typed.value === undefined ? undefined : toEntry(typed)
}

export function deleting(key: string): Change {
  return {
    kind: 'data',
    key,
    apply: (draft) => {
      draft.data.delete(key)
      draft.carried.delete(key)
    },
  }
}

/** Of all data; flash is another matter. */
export const clearing: Change = {
  kind: 'data',
  key: undefined,
  apply: (draft) => {
    draft.data.clear()
    draft.carried.clear()
  },
}
