import { SessionValidationError } from '../../core/errors.js'
import { describeShape } from '../../core/shape.js'
import { disown, isThenable } from '../../core/thenable.js'
import { copyValue } from '../../core/value.js'
import type { KeyModel } from '../../schema/key.js'
import type { DefinitionRuntime } from '../definition/runtime.js'

type Call = 'update' | 'mutate'

/** What a function of the app has computed, unless it is a mistake that a schema would name less clearly. @throws SessionValidationError */
export function checkComputed(runtime: DefinitionRuntime, model: KeyModel, what: Call, value: unknown): unknown {
  if (isThenable(value)) {
    disown(value)
    throw refused(
      runtime,
      model,
      what,
      value,
      'returned a promise. Await first, then call it with a function that returns at once',
    )
  }
  if (value === undefined && !model.optional)
    throw refused(
      runtime,
      model,
      what,
      value,
      'returned nothing. Return the new value, or use mutate() to change it in place',
    )
  return value
}

/** What `change` makes of a copy of the value. @throws SessionValidationError */
export function mutated(
  runtime: DefinitionRuntime,
  model: KeyModel,
  current: unknown,
  change: (draft: never) => unknown,
): unknown {
  if (typeof current !== 'object' || current === null) throw immutable(runtime, model, current)
  const draft = copyValue(current, runtime.types)
  const returned = change(draft as never)
  if (returned === undefined || returned === draft) return draft
  if (isThenable(returned)) return checkComputed(runtime, model, 'mutate', returned)
  throw refused(
    runtime,
    model,
    'mutate',
    returned,
    `returned ${describeShape(returned)}, which would be ignored. Change the draft in place and return nothing (with braces: draft => { ... }), or return the new value from update()`,
  )
}

function immutable(runtime: DefinitionRuntime, model: KeyModel, current: unknown): SessionValidationError {
  const [is, remedy] =
    current === undefined
      ? ['is absent, so there is nothing to mutate', 'Call set() first, or give it a default']
      : [
          `holds ${describeShape(current)}, which cannot be changed in place`,
          'Use update(), which returns the new value',
        ]
  return new SessionValidationError(`Key \`${model.name}\` of session \`${runtime.name}\` ${is}. ${remedy}.`, [
    { path: model.name, expected: 'an object, array, Map or Set', received: describeShape(current) },
  ])
}

function refused(
  runtime: DefinitionRuntime,
  model: KeyModel,
  what: Call,
  value: unknown,
  why: string,
): SessionValidationError {
  return new SessionValidationError(
    `The function given to ${what}('${model.name}') of session \`${runtime.name}\` ${why}.`,
    [
      {
        path: model.name,
        expected: what === 'update' ? 'the new value' : 'nothing returned',
        received: describeShape(value),
      },
    ],
  )
}
