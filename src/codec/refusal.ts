import { CodecError } from '../core/errors.js'

/** Thrown by rules and carriers to refuse the value at hand; the walk adds the path. */
export class Refusal extends Error {
  /** True when registering the class of the value would help. */
  readonly unregistered: boolean

  constructor(
    readonly what: string,
    readonly remedy: string,
    options: { readonly unregistered?: boolean; readonly cause?: unknown } = {},
  ) {
    super(what, 'cause' in options ? { cause: options.cause } : undefined)
    this.unregistered = options.unregistered ?? false
  }
}

/** Anything but a refusal is a built-in's own complaint (`Object.create(Date.prototype)`) or a Proxy that throws. */
export function toCodecError(codec: string, error: unknown, path: string): CodecError {
  if (!(error instanceof Refusal)) return toCodecError(codec, new Refusal(...NOT_WHAT_IT_SAYS, { cause: error }), path)
  const options = 'cause' in error ? { cause: error.cause } : {}
  const { what, remedy } = error
  if (error.unregistered) {
    const at = path === '' ? 'as the whole value' : `at ${path}`
    return new CodecError(`The codec \`${codec}\` cannot carry this: ${what} ${at}; ${remedy}.`, path, options)
  }
  const at = path === '' ? 'as the whole value' : `at \`${path}\``
  return new CodecError(`The codec \`${codec}\` cannot carry ${what} ${at}; ${remedy}.`, path, options)
}

const NOT_WHAT_IT_SAYS = ['a value that is not what its prototype says', 'store plain data instead'] as const
