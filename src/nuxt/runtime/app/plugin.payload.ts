import { definePayloadPlugin, definePayloadReducer, definePayloadReviver } from '#imports'
import { reduce, revive, TYPE } from './payload.js'

/** For apps with classes of their own in what they expose. */
export default definePayloadPlugin(() => {
  definePayloadReducer(TYPE, reduce)
  definePayloadReviver(TYPE, revive)
})
