import { Refusal } from './refusal.js'

// What every codec refuses, in one wording.

/** How deep values may nest. Deeper ones are refused on write, since a reader must bound its recursion. */
export const MAX_DEPTH = 128

export const tooDeep = () => new Refusal('values nested too deeply', `nest at most ${MAX_DEPTH} levels`)

export const containsItself = () => new Refusal('a value that contains itself', 'store an id in its place')

export const hidden = () => new Refusal('an object with symbol or hidden keys', 'use enumerable string keys')

export const forbiddenKey = (key: string) => new Refusal(`the key \`${key}\``, 'rename it')

export const accessor = () => new Refusal('a property with a getter or setter', 'store the value it gives')

export const hole = () => new Refusal('a hole in an array', 'fill it with null')

export const named = () => new Refusal('an array with named properties', 'use a plain object')

export const ownProperties = () => new Refusal('a built-in object with properties of its own', 'store them beside it')

export const unencoded = (type: string, cause: unknown) =>
  new Refusal(`a value of the registered type ${type}`, 'its `encode` threw, see `cause`', { cause })

export const loneSurrogate = () =>
  new Refusal('a string with a lone surrogate', 'store it as bytes, or mend it with toWellFormed()')
