import type { IncomingMessage } from 'node:http'

const MAX_BYTES = 16 * 1024 * 1024

/** The whole body as UTF-8; undefined if the client disconnected early, or if it is over 16 MiB. */
export function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_BYTES) request.destroy()
      else chunks.push(chunk)
    })
    request.once('end', () => resolve(Buffer.concat(chunks).toString()))
    request.once('close', () => resolve(undefined))
  })
}
