import { defineHandler, getQuery } from 'nitro/h3'
import { openBefore } from '../shared/look.mjs'

export default defineHandler((event) => openBefore(event, getQuery(event)))
