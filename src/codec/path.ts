/**
 * One step from a container to a value in it: an object's key, an array or Set position, or `mapStep()`. Numbers below zero
 * stand for Map entries, so that the happy path of a walk builds nothing.
 */
export type Step = string | number

export function mapStep(part: 'key' | 'value', index: number): Step {
  return -(2 * index + (part === 'key' ? 1 : 2))
}

/** The step from an instance of a registered class into what its `encode` gave. */
export const ENCODED: Step = Number.NaN

/**
 * `cart[0].price`, `cart["unit price"]`, `seen<key 2>` (a Map's third key), `seen<value 2>`,
 * `price<encoded>[0]` (in what the `encode` of a registered class gave). Empty for the value itself.
 * Map keys are named by position: they are data, and data never goes into a message.
 */
export function formatPath(steps: readonly Step[]): string {
  let path = ''
  for (const step of steps) {
    if (typeof step === 'number') {
      if (Number.isNaN(step)) path += path.endsWith('<encoded>') ? '' : '<encoded>'
      else if (step >= 0) path += `[${step}]`
      else path += (-step & 1) === 1 ? `<key ${(-step - 1) / 2}>` : `<value ${(-step - 2) / 2}>`
    } else if (/^[A-Za-z_$][\w$]*$/.test(step)) path += path === '' ? step : `.${step}`
    else path += `[${JSON.stringify(step)}]`
  }
  return path
}
