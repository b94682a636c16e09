import { cachedEventHandler } from 'nitropack/runtime'
import { look } from '../shared/look.mjs'

export default cachedEventHandler((event) => look(event, event.context.params.how), { maxAge: 60 })
