import { test } from 'tap'
import { tracingWish } from '../../../src/telemetry/tracing/wanted.ts'

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }

test('traces are wanted if an exporter or an endpoint is named, and not if they are switched off', (t) => {
  const wanted = (env: Record<string, string>) => tracingWish(env).isWanted
  t.equal(wanted({}), false)
  t.equal(wanted({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), false)
  t.equal(wanted({ OTEL_SERVICE_NAME: 'gateway' }), false)
  t.equal(wanted(ENDPOINT), true)
  t.equal(wanted({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }), true)
  t.equal(wanted({ OTEL_TRACES_EXPORTER: 'otlp' }), true)
  t.equal(wanted({ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }), false)
  t.equal(wanted({ ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }), false)
  t.equal(wanted({ ...ENDPOINT, OTEL_SDK_DISABLED: 'false' }), true)
  t.end()
})

test('what cannot be had is said', (t) => {
  t.same(tracingWish({ OTEL_TRACES_EXPORTER: 'zipkin' }), {
    isWanted: false,
    warnings: ['OTEL_TRACES_EXPORTER is zipkin: traces can be exported by otlp alone, so none are.']
  })
  t.same(tracingWish({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }), {
    isWanted: true,
    warnings: ['OTEL_EXPORTER_OTLP_PROTOCOL is grpc: traces are sent as http/json, mostly on port 4318.']
  })
  t.same(tracingWish({ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }).warnings, [])
  t.end()
})
