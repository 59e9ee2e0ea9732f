import type { ServerResponse } from 'node:http'

interface Sent {
  readonly status: number
  readonly text: string
}

/** Sends the whole text. Like every function here, it returns the HTTP status that it sent, 0 for none. */
export function sendWhole(response: ServerResponse, { status, text }: Sent): number {
  writeHead(response, status, Buffer.byteLength(text)).end(text)
  return status
}

/** Announces the whole text, sends its first half, and ends the connection. */
export function sendCut(response: ServerResponse, { status, text }: Sent): number {
  const bytes = Buffer.from(text)
  const half = bytes.subarray(0, Math.floor(bytes.length / 2))
  writeHead(response, status, bytes.length).write(half, () => response.destroy())
  return status
}

export function closeConnection(response: ServerResponse): number {
  response.destroy()
  return 0
}

/** Ends the connection with RST: the client gets `ECONNRESET`, not an end of file. */
export function resetConnection(response: ServerResponse): number {
  response.socket?.resetAndDestroy()
  return 0
}

/** Sends nothing. The connection stays open until the client or the sandbox closes it. */
export function leaveOpen(): number {
  return 0
}

function writeHead(response: ServerResponse, status: number, bytes: number): ServerResponse {
  return response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': bytes,
    'cache-control': 'no-cache, must-revalidate',
    pragma: 'no-cache'
  })
}
