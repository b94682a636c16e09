import { type Ref, shallowRef } from '#imports'

let seconds: Ref<number> | undefined

/** Goes up once a second in the browser, from the first time that somebody asks. */
export function ticks(): number {
  if (!seconds) {
    const counter = shallowRef(0)
    seconds = counter
    setInterval(() => counter.value++, 1000)
  }
  return seconds.value
}
