import { defineCachedHandler } from 'nitro/cache'
import { look } from '../shared/look.mjs'

export default defineCachedHandler((event) => look(event, event.context.params.how), { maxAge: 60 })
