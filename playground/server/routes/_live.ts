export default defineWebSocketHandler({
  async message(peer) {
    // As it is stored now, also when it ended since the socket was opened.
    const session = await useReadonlySession(peer.request)
    const userId = session.get('userId')
    peer.send(userId === undefined ? 'nobody' : userId)
    if (userId === undefined) peer.close(4401, 'logged out')
  },
})
