import type { FastifyInstance } from 'fastify'
import { ERRORS, type ErrorCode, Problem } from '../src/errors.ts'
import { addHeaders, pageHeaders } from '../src/http/security-headers.ts'

/** The pages' inline style sheet. */
const PAGE_STYLE =
  ':root { color-scheme: light dark } body { font: 1rem/1.5 system-ui; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; background: Canvas }'

/** `GET /problems` and `GET /problems/{code}`: what each error code means, for people. */
export async function problemPageRoutes(app: FastifyInstance): Promise<void> {
  addHeaders(app, pageHeaders([PAGE_STYLE]))
  app.get('/problems', { schema: { hide: true } }, async (_request, reply) => {
    const rows = Object.entries(ERRORS).map(
      ([code, { title }]) => `<li><a href="/problems/${code}"><code>${code}</code></a> ${title}</li>`
    )
    return reply.type('text/html; charset=utf-8').send(page('Problems', `<ul>${rows.join('\n')}</ul>`))
  })
  app.get<{ Params: { code: string } }>(
    '/problems/:code',
    { schema: { hide: true } },
    async (request, reply) => {
      const { code } = request.params
      if (!isErrorCode(code))
        throw new Problem('not_found', 'There is no problem of this name; /problems lists them.')
      const { title, help, ...kind } = ERRORS[code]
      const status =
        'status' in kind ? `<p>HTTP status ${kind.status}</p>` : '<p>In the result of an update</p>'
      const content = `<p><code>${code}</code></p>${status}<p>${help}</p><p><a href="/problems">All problems</a></p>`
      return reply.type('text/html; charset=utf-8').send(page(title, content))
    }
  )
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · vicidial-gateway</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`
}
