import { sameValue } from '../core/value.js'
import type { KeyModel } from '../schema/key.js'
import { mergeValues } from '../schema/merge.js'
import { computed, defaultEntry, handOut } from './access.js'
import type { Change } from './changes.js'
import { type Entry, sameEntry, toEntry } from './contents.js'
import type { Engine } from './engine.js'
import type { SessionState } from './state.js'

/** A `set`; undefined when the value is there already. @throws SessionValidationError */
export function setting(engine: Engine, state: SessionState, model: KeyModel, value: unknown): Change | undefined {
  const { types } = engine
  const mine = toEntry(model.fromApp(value))
  const current = state.view.data.get(model.name)
  if (current && sameEntry(current, mine, types)) return undefined
  const base = current ?? defaultEntry(state, model)

  /** What it becomes on top of what somebody else has stored. */
  function onTopOf(theirs: Entry | undefined): Entry {
    if (model.merge === 'last' || sameValue(base?.stored, theirs?.stored, types)) return mine
    return toEntry(model.fromApp(mergeValues(model.merge, base?.value, mine.value, theirs?.value, types)))
  }

  return {
    kind: 'data',
    key: model.name,
    apply: (draft) => {
      draft.data.set(model.name, onTopOf(draft.data.get(model.name) ?? defaultEntry(state, model)))
      draft.carried.delete(model.name)
    },
  }
}

/** A value computed from the one before it: again, whenever that turns out to be another one. */
export function updating(
  engine: Engine,
  state: SessionState,
  model: KeyModel,
  compute: (current: unknown) => unknown,
): Change {
  const { types } = engine
  let last: { readonly input: Entry | undefined; readonly output: Entry } | undefined
  return {
    kind: 'data',
    key: model.name,
    apply: (draft) => {
      const input = draft.data.get(model.name)
      if (!last || !sameValue(last.input?.stored, input?.stored, types)) {
        const current = handOut(input ?? defaultEntry(state, model), types)
        last = { input, output: toEntry(model.fromApp(computed(state, () => compute(current)))) }
      }
      if (input && sameEntry(input, last.output, types)) return
      draft.data.set(model.name, last.output)
      draft.carried.delete(model.name)
    },
  }
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
