import { defineEventHandler, getQuery } from 'h3'
import { openBefore } from '../shared/look.mjs'

export default defineEventHandler((event) => openBefore(event, getQuery(event)))
