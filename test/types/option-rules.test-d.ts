import { describe, it } from 'vitest'
import { flag, group, oneOf, text } from '../../src/core/options/rule.js'

interface Options {
  readonly mode?: 'read' | 'write'
  readonly fast?: boolean
}

type Either = { readonly url: string; readonly db?: never } | { readonly db: number; readonly url?: never }

describe('the rules of options and their interface are held equal', () => {
  it('takes a rule for each', () => {
    group<Options>({ mode: oneOf('read', 'write'), fast: flag })
  })

  it('refuses a forgotten option, one too many, a forgotten word, another word and another type', () => {
    // @ts-expect-error fast is forgotten
    group<Options>({ mode: oneOf('read', 'write') })
    // @ts-expect-error slow is no option
    group<Options>({ mode: oneOf('read', 'write'), fast: flag, slow: flag })
    // @ts-expect-error 'write' is forgotten
    group<Options>({ mode: oneOf('read'), fast: flag })
    // @ts-expect-error 'append' is no word of it
    group<Options>({ mode: oneOf('read', 'write', 'append'), fast: flag })
    // @ts-expect-error a string is no boolean
    group<Options>({ mode: oneOf('read', 'write'), fast: text('a text') as ReturnType<typeof text<string>> })
  })

  it('asks for the options of each member of a union', () => {
    // @ts-expect-error db is forgotten
    group<Either>({ url: text('a text') })
  })
})
