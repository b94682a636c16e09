import { defineNuxtPlugin } from '#imports'
import { sessionOnClient } from './client.js'
import { viewState } from './view-state.js'

/** In the browser a session is made when something of the page first uses it. */
export default defineNuxtPlugin({
  name: 'zession',
  enforce: 'pre',
  setup(app) {
    app.provide('zession', (name: string) => sessionOnClient(app, name, () => viewState(name)))
  },
})
