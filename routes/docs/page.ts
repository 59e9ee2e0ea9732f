import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui'

/** A handset and an arrow into it. */
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
<rect width="48" height="48" rx="10" fill="#14532d"/>
<path d="M15 9c-3 0-5 2-5 5 0 14 10 24 24 24 3 0 5-2 5-5v-4l-8-3-3 4c-4-2-7-5-9-9l4-3-3-9z" fill="#fff"/>
<path d="M39 9 27 21m0-9v9h9" fill="none" stroke="#4ade80" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
`
const LOGO_TYPE = 'image/svg+xml'
const LOGO_FILE = 'logo.svg'

/** The logo beside the name, what `foldDetails` folds, and room for all on a phone. */
const STYLE = `
.swagger-ui .info { margin: 1.5rem 0 }
.swagger-ui .info hgroup.main { min-height: 3rem; padding-left: 4rem; background: url("${LOGO_FILE}") no-repeat left top / 3rem }
.swagger-ui .scheme-container { padding: 1rem 0 }
.swagger-ui .folded > summary { padding: 0.25rem 0; font-size: 0.875rem; cursor: pointer }
.swagger-ui .folded > summary code { font-weight: 600 }
.swagger-ui .folded .headers__title { display: none }
.swagger-ui .response-col_links { display: none }
@media (max-width: 40rem) {
  .swagger-ui .wrapper { padding: 0 0.5rem }
  .swagger-ui .opblock .opblock-summary { flex-wrap: wrap }
  .swagger-ui .opblock .opblock-summary-path { max-width: 100%; word-break: break-word }
  .swagger-ui .opblock .opblock-summary-description { flex-basis: 100%; padding: 0 0.5rem }
  .swagger-ui .parameters-container, .swagger-ui .responses-inner, .swagger-ui .table-container { overflow-x: auto }
  .swagger-ui .opblock-body pre { word-break: break-word }
  .swagger-ui .response-col_status { width: 2.5rem; padding-right: 0.25rem }
  .swagger-ui .response-controls { flex-direction: column }
  .swagger-ui .response-controls select, .swagger-ui .examples-select select { max-width: 100% }
}
`

interface React {
  readonly createElement: (type: unknown, props: object | null, ...children: unknown[]) => unknown
}

interface System {
  readonly React: React
}

/** What is known of a response of the document. */
interface ResponseProps {
  readonly code: string
  readonly response: { readonly get: (member: 'description') => string | undefined }
}

/**
 * A plugin of Swagger UI, which runs in the browser: it folds the headers of responses, and the responses to refused requests,
 * because each operation has many of them. It may refer to nothing outside.
 */
function foldDetails() {
  return {
    wrapComponents: {
      headers:
        (Original: unknown, { React: { createElement } }: System) =>
        (props: object) =>
          createElement(
            'details',
            { className: 'folded' },
            createElement('summary', null, 'Headers'),
            createElement(Original, props)
          ),
      response:
        (Original: unknown, { React: { createElement } }: System) =>
        (props: ResponseProps) => {
          const row = createElement(Original, props)
          if (!/^[45]/.test(props.code)) return row
          const text = (props.response.get('description') ?? '').replaceAll('`', '')
          const summary = createElement('summary', null, createElement('code', null, props.code), ` ${text}`)
          const table = createElement('table', null, createElement('tbody', null, row))
          const details = createElement('details', { className: 'folded' }, summary, table)
          return createElement('tr', null, createElement('td', { colSpan: 3 }, details))
        }
    }
  }
}

/** The page of the API: Swagger UI with the gateway's own name and logo, without the box for another document. */
export const PAGE: FastifySwaggerUiOptions = {
  routePrefix: '/docs',
  logLevel: 'silent',
  logo: { type: LOGO_TYPE, content: LOGO },
  theme: {
    title: 'API of vicidial-gateway',
    css: [{ filename: 'page.css', content: STYLE }],
    favicon: [{ filename: LOGO_FILE, rel: 'icon', type: LOGO_TYPE, sizes: 'any', content: LOGO }]
  },
  uiConfig: {
    layout: 'BaseLayout',
    defaultModelsExpandDepth: 0,
    // The models of a body, and of what is in it.
    defaultModelExpandDepth: 2,
    displayRequestDuration: true,
    plugins: [foldDetails]
  }
}
