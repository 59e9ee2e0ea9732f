import './lease/lease-table.test.ts'
import './lease/lease.test.ts'
