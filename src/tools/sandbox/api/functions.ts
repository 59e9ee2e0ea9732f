import type { ApiFunction } from './api-call.ts'
import type { BuildRules } from './builds.ts'
import {
  ADD_DNC_NUMBERS,
  ADD_LEADS,
  ADD_TO_HOPPER,
  DELETE_DNC_NUMBERS,
  MODIFY_LISTS,
  READ_CALLBACKS,
  READ_FIELDS,
  READ_LEADS,
  type Right,
  SEARCH_LEADS,
  UPDATE_LEADS
} from './permission.ts'
import { addLead } from '../functions/add-lead.ts'
import { batchUpdateLead } from '../functions/batch-update-lead.ts'
import { addDncPhone, deleteDncPhone } from '../functions/dnc-phone.ts'
import { hopperBulkInsert } from '../functions/hopper-bulk-insert.ts'
import { leadAllInfo } from '../functions/lead-all-info.ts'
import { leadCallbackInfo } from '../functions/lead-callback-info.ts'
import { leadFieldInfo } from '../functions/lead-field-info.ts'
import { leadSearch } from '../functions/lead-search.ts'
import { listCustomFields } from '../functions/list-custom-fields.ts'
import { listInfo } from '../functions/list-info.ts'
import { updateLead } from '../functions/update-lead.ts'

interface FunctionEntry {
  /** Says whether a build has it. */
  readonly rule: keyof BuildRules
  readonly right: Right
  readonly run: ApiFunction
}

/** The functions of the API, except `version`, which needs no login. */
export const FUNCTIONS: Readonly<Record<string, FunctionEntry>> = {
  add_dnc_phone: { rule: 'hasAddDncPhone', right: ADD_DNC_NUMBERS, run: addDncPhone },
  add_lead: { rule: 'hasAddLead', right: ADD_LEADS, run: addLead },
  batch_update_lead: { rule: 'hasBatchUpdateLead', right: UPDATE_LEADS, run: batchUpdateLead },
  delete_dnc_phone: { rule: 'hasDeleteDncPhone', right: DELETE_DNC_NUMBERS, run: deleteDncPhone },
  hopper_bulk_insert: { rule: 'hasHopperBulkInsert', right: ADD_TO_HOPPER, run: hopperBulkInsert },
  lead_all_info: { rule: 'hasLeadAllInfo', right: READ_LEADS, run: leadAllInfo },
  lead_callback_info: { rule: 'hasLeadCallbackInfo', right: READ_CALLBACKS, run: leadCallbackInfo },
  lead_field_info: { rule: 'hasLeadFieldInfo', right: READ_FIELDS, run: leadFieldInfo },
  lead_search: { rule: 'hasLeadSearch', right: SEARCH_LEADS, run: leadSearch },
  list_custom_fields: { rule: 'hasListCustomFields', right: MODIFY_LISTS, run: listCustomFields },
  list_info: { rule: 'hasListInfo', right: MODIFY_LISTS, run: listInfo },
  update_lead: { rule: 'hasUpdateLead', right: UPDATE_LEADS, run: updateLead }
}
