import { test } from 'tap'
import { readTracingSettings } from '../../../src/telemetry/tracing/tracing-settings.ts'

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }

test('an exporter or an endpoint enables traces, unless they are disabled', (t) => {
  const isEnabled = (env: Record<string, string>) => readTracingSettings(env).isEnabled
  t.equal(isEnabled({}), false)
  t.equal(isEnabled({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), false)
  t.equal(isEnabled({ OTEL_SERVICE_NAME: 'gateway' }), false)
  t.equal(isEnabled(ENDPOINT), true)
  t.equal(isEnabled({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }), true)
  t.equal(isEnabled({ OTEL_TRACES_EXPORTER: 'otlp' }), true)
  t.equal(isEnabled({ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }), false)
  t.equal(isEnabled({ ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }), false)
  t.equal(isEnabled({ ...ENDPOINT, OTEL_SDK_DISABLED: 'false' }), true)
  t.end()
})

test('an unsupported setting gives a warning', (t) => {
  t.same(readTracingSettings({ OTEL_TRACES_EXPORTER: 'zipkin' }), {
    isEnabled: false,
    warnings: ['OTEL_TRACES_EXPORTER is zipkin: only otlp is supported, so no traces are exported.']
  })
  t.same(readTracingSettings({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), {
    isEnabled: true,
    warnings: ['OTEL_EXPORTER_OTLP_PROTOCOL is grpc: traces are sent as http/json, usually to port 4318.']
  })
  t.same(readTracingSettings({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }).warnings, [])
  t.end()
})
