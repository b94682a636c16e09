import { defineHandler } from 'nitro/h3'
import { look } from '../shared/look.mjs'

export default defineHandler((event) => look(event, event.context.params.how))
