import { defineEventHandler } from 'h3'
import { look } from '../shared/look.mjs'

export default defineEventHandler((event) => look(event, event.context.params.how))
