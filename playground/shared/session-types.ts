import { typeRegistry } from 'zession/types'
import { Money } from './money'

export default typeRegistry().register('Money', Money, {
  encode: (money) => money.cents,
  decode: (cents) => new Money(cents),
})
