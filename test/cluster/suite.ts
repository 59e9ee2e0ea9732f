import './lease/lease-table.test.ts'
import './lease/lease.test.ts'
import './peers/peers.test.ts'
import './relay/relay.test.ts'
