/** What the usual `OTEL_` variables say of traces. */
export interface TracingWish {
  readonly isWanted: boolean
  /** What is asked for and cannot be had. */
  readonly warnings: readonly string[]
}

const OTLP = 'otlp'

/** Reads whether traces are to be exported; whereto and how the exporter reads from the same variables itself. */
export function tracingWish(env: Readonly<Record<string, string | undefined>>): TracingWish {
  const exporter = env['OTEL_TRACES_EXPORTER'] ?? ''
  const isDisabled = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true'
  const endpoints = [env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], env['OTEL_EXPORTER_OTLP_ENDPOINT']]
  const hasEndpoint = endpoints.some((endpoint) => endpoint !== undefined && endpoint !== '')
  if (isDisabled || exporter === 'none' || (exporter === '' && !hasEndpoint))
    return { isWanted: false, warnings: [] }
  if (exporter !== '' && exporter !== OTLP) {
    const warning = `OTEL_TRACES_EXPORTER is ${exporter}: traces can be exported by otlp alone, so none are.`
    return { isWanted: false, warnings: [warning] }
  }
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? ''
  if (['', 'http/json', 'http/protobuf'].includes(protocol)) return { isWanted: true, warnings: [] }
  const warning = `OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}: traces are sent as http/json, mostly on port 4318.`
  return { isWanted: true, warnings: [warning] }
}
