/**
 * Who may import whom: docs/architecture.md has the same list with a sentence for each folder. A folder imports only
 * from the floors below its own, never from one beside it. The client imports nothing of the gateway.
 */
const FLOORS = [
  ['src/tools'],
  ['src/server.ts'],
  ['src/gateway.ts'],
  ['src/ownership'],
  ['src/app.ts'],
  ['routes'],
  ['src/config'],
  ['src/ops', 'src/compat', 'src/webhooks'],
  ['src/cluster'],
  ['src/updates', 'src/jobs', 'src/history', 'src/alerts'],
  ['src/outbox'],
  ['src/delivery'],
  ['src/vicidial'],
  ['src/http'],
  ['src/callers'],
  ['src/telemetry'],
  ['schemas'],
  ['src/leads'],
  ['src/errors.ts'],
  ['src/error-code.ts', 'src/steady-clock.ts', 'src/telemetry/version.ts'],
  ['src/client']
]

const asPath = (folder) => `^${folder.replaceAll('.', '\\.')}${folder.endsWith('.ts') ? '$' : '/'}`

const floors = FLOORS.flatMap((floor, index) =>
  floor.map((folder) => ({
    name: `${folder}: imports from below only`,
    severity: 'error',
    from: { path: asPath(folder) },
    to: { path: [...FLOORS.slice(0, index).flat(), ...floor].map(asPath), pathNot: asPath(folder) }
  }))
)

const onAFloor = FLOORS.flat().map(asPath)

/** Where Fastify may be imported. */
const HTTP = ['src/tools', 'src/server.ts', 'src/gateway.ts', 'src/app.ts', 'routes', 'src/http']

export default {
  forbidden: [
    ...floors,
    {
      name: 'a file outside the floors imports nothing: add its folder to FLOORS',
      severity: 'error',
      from: { path: '^(src|routes|schemas)/', pathNot: onAFloor },
      to: {}
    },
    {
      name: 'nothing imports a file outside the floors: add its folder to FLOORS',
      severity: 'error',
      from: {},
      to: { path: '^(src|routes|schemas)/', pathNot: onAFloor }
    },
    {
      name: 'no circle of files',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    {
      name: 'only http, routes and what starts them know Fastify',
      severity: 'error',
      from: { path: '^(src|schemas)/', pathNot: HTTP.map(asPath) },
      to: { path: 'node_modules/(fastify|@fastify)/' }
    },
    {
      name: 'the sandbox imports nothing of the gateway',
      severity: 'error',
      from: { path: '^src/tools/sandbox/' },
      to: { path: '^(src|routes|schemas)/', pathNot: '^src/tools/sandbox/' }
    },
    {
      name: 'check, push and demo do not know each other',
      severity: 'error',
      from: { path: '^src/tools/(check|custom-fields|push|demo)/' },
      to: { path: '^src/tools/(cli|check|custom-fields|push|demo)/', pathNot: '^src/tools/$1/' }
    },
    {
      name: 'the client runs in browsers: it imports openapi-fetch only',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { pathNot: ['^src/client/', 'node_modules/openapi-fetch/'] }
    },
    {
      name: 'every module is found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types']
    }
  }
}
