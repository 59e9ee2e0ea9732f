/** What the standard `OTEL_` variables say about traces. */
export interface TracingSettings {
  readonly isEnabled: boolean
  /** Settings that the gateway doesn't support. */
  readonly warnings: readonly string[]
}

const OTLP = 'otlp'

/** Reads whether to export traces. The exporter itself reads where and how from the same variables. */
export function readTracingSettings(env: Readonly<Record<string, string | undefined>>): TracingSettings {
  const exporter = env['OTEL_TRACES_EXPORTER'] ?? ''
  const isDisabled = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true'
  const endpoints = [env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], env['OTEL_EXPORTER_OTLP_ENDPOINT']]
  const hasEndpoint = endpoints.some((endpoint) => endpoint !== undefined && endpoint !== '')
  if (isDisabled || exporter === 'none' || (exporter === '' && !hasEndpoint))
    return { isEnabled: false, warnings: [] }
  if (exporter !== '' && exporter !== OTLP) {
    const warning = `OTEL_TRACES_EXPORTER is ${exporter}: only otlp is supported, so no traces are exported.`
    return { isEnabled: false, warnings: [warning] }
  }
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? ''
  if (['', 'http/json', 'http/protobuf'].includes(protocol)) return { isEnabled: true, warnings: [] }
  const warning = `OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}: traces are sent as http/json, usually to port 4318.`
  return { isEnabled: true, warnings: [warning] }
}
