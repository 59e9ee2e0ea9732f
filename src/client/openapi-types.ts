/** Written by `npm run openapi`. */

export interface paths {
    "/v1/leads/batch-update": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Update many leads
         * @description Long form: `updates`, each naming its lead and what to change. Short form: `lead_ids` and one set of changes. One result per update (per lead id in the short form), in the same order. A refused update does not stop the others. A lead may appear twice; its updates take effect in the order given.
         */
        post: operations["batchUpdateLeads"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/leads/{lead_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read one lead
         * @description As VICIdial holds it now. A field that cannot be read for certain is in `unread` instead. `ETag`, if nothing is unread, is for `If-None-Match` here and `If-Match` of PATCH.
         */
        get: operations["getLead"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Update one lead
         * @description The body is an object of the fields to change. Other fields keep their values. With `If-Match` the lead is read first, and changed only if it is as it was: no other update by the gateway comes between, but VICIdial may still change it, as it has no locks. That needs `read`, too.
         */
        patch: operations["patchLead"];
        trace?: never;
    };
    "/v1/leads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find leads by a vendor code or a phone number
         * @description All that match, newest first; of more than 1,000 the newest, and `has_more`. Give one of the two keys.
         */
        get: operations["findLeads"];
        put?: never;
        /**
         * Add one lead
         * @description The lead must be new. The body is an object of its fields, and `custom_fields`. `list_id`, `phone_code` and `phone_number` are required. If a lead has its `vendor_lead_code` already (without one: its `phone_number`), nothing is added: 409. After an answer that leaves open whether the lead was added, send the same again.
         */
        post: operations["addLead"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/leads/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read many leads
         * @description One result per lead, in the same order. At most 1,000 at once; more, and without a deadline, with `Prefer: respond-async`: then the job has the results as they come. Each lead takes a call to VICIdial, and one with an apostrophe or a tab in a value a call for each field.
         */
        post: operations["readLeads"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fields": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the fields of a lead
         * @description Every field that an update may set: its type, its longest value, and the characters that VICIdial keeps. Also how fast updates can be delivered.
         */
        get: operations["listFields"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a job and its results */
        get: operations["getJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List jobs, newest first
         * @description A caller sees its own jobs; an operator sees all.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel the updates of a job that are not in flight */
        post: operations["cancelJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay the dead letters of a job
         * @description They become a new job. Fields that newer updates of a lead have set since are left out and reported as `superseded`, unless `force` is true. What the caller may no longer set stays a dead letter.
         */
        post: operations["replayJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List dead letters, newest first
         * @description Stored updates that failed until their retries ended. A caller sees its own, and an operator all.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dead-letters/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay dead letters
         * @description They become new jobs, one for each caller and source, the oldest first. Fields that newer updates of a lead have set since are left out and reported as `superseded`, unless `force` is true. What the caller may no longer set stays a dead letter.
         */
        post: operations["replayDeadLetters"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Answer a sender that asks whether this is its address
         * @description Some services first send a challenge, or look whether there is an answer. The entry of the source in the gateway file says how (`verification`). The challenge comes back as text.
         */
        get: operations["answerChallenge"];
        put?: never;
        /**
         * Receive a webhook event
         * @description For services whose payload you cannot change. The entry of the source in the gateway file says how its sender authenticates, in one of the ways listed under Authorize, and how a payload becomes updates. They are stored on disk, then delivered. A repeat of a known event id gets the first response again.
         */
        post: operations["receiveWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dnc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add DNC numbers
         * @description They are no longer called: in any campaign, or only in that of `campaign_id`. One result per number, in the same order: `dnc` is `added` or `already_there`. Each number takes a call to VICIdial; for many, send `Prefer: respond-async`. Repeating a request is safe.
         */
        post: operations["addDncNumbers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dnc/{phone_number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a DNC number
         * @description It may be called again. `dnc` of the result is `removed` or `not_there`. Repeating a request is safe.
         */
        delete: operations["removeDncNumber"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the history of updates, newest first
         * @description A caller sees what it sent itself; an operator sees all.
         */
        get: operations["listHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/leads/{lead_id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the history of one lead, newest first
         * @description A caller sees what it sent itself; an operator sees all.
         */
        get: operations["listLeadHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the gateway takes requests
         * @description A VICIdial that is down is reported here, but does not make the gateway unready.
         */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the process is alive
         * @description Depends on nothing except the process.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics for Prometheus
         * @description OpenMetrics if `Accept` names `application/openmetrics-text`, else the older text format of Prometheus. docs/operations.md explains each metric.
         */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/backup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a copy of the database
         * @description A SQLite database with everything that the gateway had accepted before this request. The gateway keeps working meanwhile. docs/backup.md says how to restore it.
         */
        get: operations["backup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The value of a custom field; `null` empties it. Only the type NUMBER takes a number. */
        CustomFieldValue: string | number | null;
        /** @description Custom fields of the list that the lead is in. The operator must have listed them. */
        CustomFields: {
            [key: string]: components["schemas"]["CustomFieldValue"];
        };
        /** @description The list of the new lead, unless `fields` has it. The list must exist. */
        NewListId: number | string;
        /** @description With on_missing `add`: what a new lead gets beyond `fields` and `custom_fields` of its update, which it gets too. A lead that exists gets nothing of it. */
        Add: {
            list_id?: components["schemas"]["NewListId"];
            /**
             * @description Unless `fields` has it.
             * @example 1
             */
            phone_code?: string;
            /**
             * @description Unless it is the key, or `fields` has it.
             * @example 2125550101
             */
            phone_number?: string;
            fields?: components["schemas"]["LeadFields"];
            custom_fields?: components["schemas"]["CustomFields"];
        };
        /** @description Columns of VICIdial's lead table, and custom fields. */
        NewLead: {
            /**
             * @description Keeps letters, digits, - and _; at most 6 characters. It cannot be emptied.
             * @example SALE
             */
            status?: string;
            /**
             * @description Keeps letters, digits, - and _; at most 20 characters. `null` empties it.
             * @example 1001
             */
            user?: string | null;
            /**
             * @description Keeps everything but ; # "; at most 20 characters. `null` empties it.
             * @example CRM-7
             */
            vendor_lead_code?: string | null;
            /**
             * @description Keeps everything but ; # "; at most 50 characters. `null` empties it.
             * @example WEB
             */
            source_id?: string | null;
            list_id: components["schemas"]["ListId"];
            /**
             * @description Keeps a number of hours with at most two decimals; at most 6 characters. It cannot be emptied.
             * @example -5
             */
            gmt_offset_now?: number;
            /**
             * @description Keeps digits; at most 10 characters. It cannot be emptied.
             * @example 1
             */
            phone_code: string;
            /**
             * @description Keeps digits; at most 18 characters. It cannot be emptied.
             * @example 2125550101
             */
            phone_number: string;
            /**
             * @description Keeps letters, digits, spaces and - ' _ .; at most 4 characters. `null` empties it.
             * @example Dr
             */
            title?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' _ .; at most 30 characters. `null` empties it.
             * @example Ann
             */
            first_name?: string | null;
            /**
             * @description Keeps letters, digits, - and _; at most 1 characters. `null` empties it.
             * @example Q
             */
            middle_initial?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' _ .; at most 30 characters. `null` empties it.
             * @example O'Brien
             */
            last_name?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 100 characters. `null` empties it.
             * @example 12 Elm St
             */
            address1?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 100 characters. `null` empties it.
             * @example Apt 4
             */
            address2?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 100 characters. `null` empties it.
             * @example Rear building
             */
            address3?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 50 characters. `null` empties it.
             * @example Springfield
             */
            city?: string | null;
            /**
             * @description Keeps letters, digits, spaces and -; at most 2 characters. `null` empties it.
             * @example IL
             */
            state?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . _; at most 50 characters. `null` empties it.
             * @example Ontario
             */
            province?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - '; at most 10 characters. `null` empties it.
             * @example 62701
             */
            postal_code?: string | null;
            /**
             * @description Keeps letters, digits, - and _; at most 3 characters. `null` empties it.
             * @example USA
             */
            country_code?: string | null;
            /**
             * @description Keeps M, F or U; at most 1 characters. It cannot be emptied.
             * @example F
             */
            gender?: string;
            /**
             * @description Keeps a date, YYYY-MM-DD; at most 10 characters. `null` empties it.
             * @example 1980-12-31
             */
            date_of_birth?: string | null;
            /**
             * @description Keeps digits; at most 12 characters. `null` empties it.
             * @example 2125550199
             */
            alt_phone?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ % _; at most 70 characters. `null` empties it.
             * @example ann@example.com
             */
            email?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 100 characters. `null` empties it.
             * @example blue horse
             */
            security_phrase?: string | null;
            /**
             * @description Keeps everything but ; # "; a new line is stored as !N; at most 255 characters. `null` empties it.
             * @example asked for a call on Monday
             */
            comments?: string | null;
            called_count?: components["schemas"]["CalledCount"];
            rank?: components["schemas"]["Rank"];
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 20 characters. `null` empties it.
             * @example team-a
             */
            owner?: string | null;
            custom_fields?: components["schemas"]["CustomFields"];
        };
        /** @description One lead, named by exactly one of lead_id, vendor_lead_code, phone_number, and its changes. */
        Update: {
            lead_id?: components["schemas"]["LeadId"];
            /** @description Finds the lead by its code; see `key_match`. */
            vendor_lead_code?: string;
            /** @description Finds the lead by the digits of its phone number. */
            phone_number?: string;
            fields?: components["schemas"]["LeadFields"];
            custom_fields?: components["schemas"]["CustomFields"];
            on_multiple?: components["schemas"]["OnMultiple"];
            on_missing?: components["schemas"]["OnMissing"];
            key_match?: components["schemas"]["KeyMatch"];
            on_lossy?: components["schemas"]["OnLossy"];
            on_invalid?: components["schemas"]["OnInvalid"];
            /** @description Clears called-since-last-reset. */
            reset_called?: boolean;
            /** @description Lets VICIdial move a lead to a list that does not exist. */
            allow_undefined_list?: boolean;
            verify?: components["schemas"]["Verify"];
            hopper?: components["schemas"]["HopperAction"];
            callback?: components["schemas"]["CallbackAction"];
            dnc?: components["schemas"]["DncAction"];
            add?: components["schemas"]["Add"];
        };
        /** @description Long form: each lead with its own changes, in `updates`. Short form: `lead_ids`, and one set of changes for all of them. */
        BatchRequest: {
            updates?: never;
            /** @description Short form: the leads that get `fields` and `custom_fields`. */
            lead_ids: components["schemas"]["LeadId"][];
            fields?: components["schemas"]["LeadFields"];
            custom_fields?: components["schemas"]["CustomFields"];
            add?: never;
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
            /** @description Sends nothing. The response says what would be stored and which calls would be made. */
            dry_run?: boolean;
            on_multiple?: components["schemas"]["OnMultiple"];
            on_missing?: components["schemas"]["OnMissing"];
            key_match?: components["schemas"]["KeyMatch"];
            on_lossy?: components["schemas"]["OnLossy"];
            on_invalid?: components["schemas"]["OnInvalid"];
            /** @description Clears called-since-last-reset. */
            reset_called?: boolean;
            /** @description Lets VICIdial move a lead to a list that does not exist. */
            allow_undefined_list?: boolean;
            verify?: components["schemas"]["Verify"];
            hopper?: components["schemas"]["HopperAction"];
            callback?: components["schemas"]["CallbackAction"];
            dnc?: components["schemas"]["DncAction"];
        } | {
            /** @description Long form: each lead with its own changes. They take effect in this order. */
            updates: components["schemas"]["Update"][];
            lead_ids?: never;
            fields?: never;
            custom_fields?: never;
            add?: components["schemas"]["Add"];
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
            /** @description Sends nothing. The response says what would be stored and which calls would be made. */
            dry_run?: boolean;
            on_multiple?: components["schemas"]["OnMultiple"];
            on_missing?: components["schemas"]["OnMissing"];
            key_match?: components["schemas"]["KeyMatch"];
            on_lossy?: components["schemas"]["OnLossy"];
            on_invalid?: components["schemas"]["OnInvalid"];
            /** @description Clears called-since-last-reset. */
            reset_called?: boolean;
            /** @description Lets VICIdial move a lead to a list that does not exist. */
            allow_undefined_list?: boolean;
            verify?: components["schemas"]["Verify"];
            hopper?: components["schemas"]["HopperAction"];
            callback?: components["schemas"]["CallbackAction"];
            dnc?: components["schemas"]["DncAction"];
        };
        /**
         * @description The kind of the warning.
         * @enum {string}
         */
        WarningCode: "characters_dropped" | "transliterated" | "custom_fields_not_stored" | "field_dropped" | "added_otherwise" | "set_on_found" | "stored_differs" | "not_verified" | "not_done" | "time_zone_assumed" | "other_result";
        /** @description A value that VICIdial does not store unchanged: as sent and as stored, or as expected and as found. With `field_dropped`, `refusal` is the code of the refusal. */
        Warning: {
            field: string;
            code: components["schemas"]["WarningCode"];
            /** @description Absent with `stored_differs` and `not_verified`. */
            sent?: string;
            /** @description `stored_differs`: what VICIdial should hold, as the gateway believes. */
            expected?: string;
            /** @description `stored_differs`: what VICIdial holds. */
            found?: string;
            /** @description Absent with `field_dropped`: the field was not set; and if what VICIdial stores is not known. */
            stored?: string;
            refusal?: components["schemas"]["ErrorCode"];
            /** @description Why the value is refused, stored otherwise in a new lead, or (`not_verified`) could not be read. */
            detail?: string;
            /** @description With on_multiple "all": the leads that it concerns; absent if it concerns all of them. */
            lead_ids?: number[];
        };
        ResultError: {
            code: components["schemas"]["ErrorCode"];
            field?: string;
            detail: string;
            /** @description Whether the same update may succeed later. */
            retryable: boolean;
            /** @description Leads that the key matches; at most 100. */
            lead_ids?: number[];
        };
        /**
         * @description `updated`: VICIdial found the lead and set the values. `added`: no lead had the key, and VICIdial added one. `not_found`: no such lead, or it is in a list that the gateway may not touch. `ambiguous`: the key matches several. `rejected`: refused before anything was sent. `failed`: not made. `unknown`: it may have been made; sending it again is safe. `planned`: dry run. In jobs also `queued`: not yet made; `cancelled`; `superseded`: newer updates of the lead have set all of its fields since. Of a reading: `read`, or `incomplete` if some fields could not be.
         * @enum {string}
         */
        ResultStatus: "updated" | "added" | "not_found" | "ambiguous" | "rejected" | "failed" | "unknown" | "planned" | "queued" | "cancelled" | "superseded" | "read" | "incomplete";
        Result: {
            /** @description Index of the update in the request, from 0. */
            index: number;
            lead_id?: number;
            /** @description With on_multiple "all": the updated leads of the key; all of them if some failed. */
            lead_ids?: number[];
            vendor_lead_code?: string;
            phone_number?: string;
            /** @description The lead's code, if it is spelled differently from the key; null if it may be, and could not be read. */
            matched?: string | null;
            status: components["schemas"]["ResultStatus"];
            /** @description Whether the lead was read after the update and holds what was set; warnings say what differs. Absent if `verify` did not ask for it. */
            verified?: boolean;
            fields?: components["schemas"]["LeadValues"];
            /** @description Custom fields of the lead's list that the operator has listed, if they were asked for. */
            custom_fields?: {
                [key: string]: string | null;
            };
            /** @description Fields that could not be read. Absent if all could be. */
            unread?: components["schemas"]["Unread"][];
            /** @description The entity tag of these fields, for If-Match of PATCH /v1/leads/{lead_id}; absent if a field could not be read. */
            etag?: string;
            /** @description Readings with on_multiple "all": the leads, newest first. */
            leads?: components["schemas"]["Lead"][];
            hopper?: components["schemas"]["HopperResult"];
            callback?: components["schemas"]["CallbackResult"];
            dnc?: components["schemas"]["DncResult"];
            /** @description Jobs: fields that were left out because a newer update of the lead has set them since. */
            superseded?: string[];
            warnings?: components["schemas"]["Warning"][];
            error?: components["schemas"]["ResultError"];
            /** @description All errors, if there are several. */
            errors?: components["schemas"]["ResultError"][];
            /** @description Dry run: the values as VICIdial would store them. */
            stored?: {
                [key: string]: string;
            };
            /** @description Dry run with on_missing `add`: the values of the new lead, if no lead has the key. */
            stored_if_added?: {
                [key: string]: string;
            };
        };
        Summary: {
            received: number;
            updated: number;
            /** @description Leads that were added, with on_missing `add`. */
            added: number;
            not_found: number;
            ambiguous: number;
            rejected: number;
            failed: number;
            unknown: number;
            /** @description Dry run only. */
            planned?: number;
            /** @description Jobs only: not yet made. */
            queued?: number;
            /** @description Jobs only. */
            cancelled?: number;
            /** @description Jobs only. */
            superseded?: number;
            /** @description Readings only. */
            read?: number;
            /** @description Readings only: some fields could not be read. */
            incomplete?: number;
            /** @description Calls made to VICIdial, repeats included. */
            upstream_calls: number;
        };
        /**
         * @description `completed`: all updated, added or read. `partial`: some. `failed`: none. `planned`: dry run.
         * @enum {string}
         */
        BatchStatus: "completed" | "partial" | "failed" | "planned";
        /** @description A call to VICIdial as it would be sent, without user and pass. */
        PlannedCall: {
            function: string;
            params: {
                [key: string]: string;
            };
        };
        BatchAnswer: {
            /** @description The request id. */
            id: string;
            status: components["schemas"]["BatchStatus"];
            summary: components["schemas"]["Summary"];
            /** @description One per update, in the same order. */
            results: components["schemas"]["Result"][];
            /** @description Dry run: the calls as they would be sent. */
            calls?: components["schemas"]["PlannedCall"][];
        };
        /**
         * @description VICIdial's lead id, as an integer or as digits.
         * @example 101
         */
        LeadId: number | string;
        /**
         * @description What to do if a key matches several leads. `reject`, the default: none is changed or read, and the result is `ambiguous`. `all`: every one of them. `newest`: only the newest.
         * @enum {string}
         */
        OnMultiple: "reject" | "all" | "newest";
        /**
         * @description What to do if no lead has the key. `report`, the default: the result is `not_found`. `add`: add a lead, which needs `add`; the result is `added`.
         * @enum {string}
         */
        OnMissing: "report" | "add";
        /**
         * @description Which codes a vendor_lead_code finds. `collation`: all that VICIdial treats as equal, like `6e1` and `6E1`. `exact`: only the code spelled the same. The default is the caller's, mostly `collation`.
         * @enum {string}
         */
        KeyMatch: "collation" | "exact";
        /**
         * @description Whether prose may lose characters, with a warning. The default is the caller's, mostly `accept`.
         * @enum {string}
         */
        OnLossy: "accept" | "reject";
        /**
         * @description What a faulty value does. `reject_update`: nothing of its update is set. `drop_field`: the other fields are set, and the result has a warning `field_dropped`. `list_id`, a key and the last field are never dropped. The default is the caller's, mostly `reject_update`.
         * @enum {string}
         */
        OnInvalid: "reject_update" | "drop_field";
        /** @description Reads the lead after the update, and compares it with what VICIdial should hold: the result is `verified`, or has warnings `stored_differs`. A share such as 0.01 does so for some of the updates. Each costs a call or more. The default is the caller's, mostly false. */
        Verify: boolean | number;
        /** @description How a lead goes into the hopper. */
        Hopper: {
            /**
             * @description A higher one is dialled earlier. Default: 0.
             * @example 50
             */
            priority?: number;
            /** @description Refuses a lead that must not be called at this time of its day. Default: false. */
            local_call_time_check?: boolean;
        };
        /**
         * @description Who calls. Default: `USERONLY` with a user, otherwise `ANYONE`.
         * @enum {string}
         */
        CallbackType: "ANYONE" | "USERONLY";
        /** @description A callback to book for a lead. */
        Callback: {
            /**
             * @description When to call, with its offset from UTC (RFC 3339). It is converted to the dialer's time zone.
             * @example 2027-01-31T09:00:00-05:00
             */
            at: string;
            /** @example CAMPA */
            campaign_id: string;
            type?: components["schemas"]["CallbackType"];
            /**
             * @description The agent who calls.
             * @example 1001
             */
            user?: string;
            /** @description The status of the lead once it is due. Default: CALLBK. */
            status?: string;
            /** @description What the agent sees; at most 255 characters. */
            comments?: string;
        };
        /** @description Puts the lead into the hopper of its list's campaign, so that it is dialled soon; `remove` takes it out. An update needs no fields then. */
        HopperAction: components["schemas"]["Hopper"] | "remove";
        /** @description Books a callback for the lead, or moves the one that it has; `remove` deletes it. The status of the lead is not changed. An update needs no fields then. */
        CallbackAction: components["schemas"]["Callback"] | "remove";
        /** @description The campaign that must not call the number. */
        DncCampaign: {
            /** @example CAMPA */
            campaign_id: string;
        };
        /** @description `true` adds the lead's own phone number to those that must not be called; with a campaign_id, to those of that campaign. An update needs no fields then. */
        DncAction: boolean | components["schemas"]["DncCampaign"];
        /**
         * @description How `hopper` ended. `being_called`: VICIdial keeps a lead in the hopper that it is calling. `failed`: not done; `unknown`: it may have been. `error` or a warning says why.
         * @enum {string}
         */
        HopperResult: "added" | "already_there" | "outside_call_time" | "campaign_unknown" | "removed" | "not_there" | "being_called" | "failed" | "unknown";
        /**
         * @description How `callback` ended, as VICIdial says. `failed`: not done; `unknown`: it may have been. `error` says why.
         * @enum {string}
         */
        CallbackResult: "added" | "updated" | "removed" | "not_there" | "campaign_unknown" | "user_unknown" | "failed" | "unknown";
        /**
         * @description What VICIdial did with a number that must not be called. `failed`: nothing; `unknown`: it may have been added or removed. `error` says why.
         * @enum {string}
         */
        DncResult: "added" | "already_there" | "removed" | "not_there" | "failed" | "unknown";
        /**
         * @description Keeps digits; at most 14 characters. It cannot be emptied.
         * @example 103
         */
        ListId: number | string;
        /**
         * @description Keeps digits; at most 5 characters. It cannot be emptied.
         * @example 3
         */
        CalledCount: number | string;
        /**
         * @description Keeps digits; at most 5 characters. It cannot be emptied.
         * @example 7
         */
        Rank: number | string;
        /** @description Columns of VICIdial's lead table. */
        LeadFields: {
            /**
             * @description Keeps letters, digits, - and _; at most 6 characters. It cannot be emptied.
             * @example SALE
             */
            status?: string;
            /**
             * @description Keeps letters, digits, - and _; at most 20 characters. `null` empties it.
             * @example 1001
             */
            user?: string | null;
            /**
             * @description Keeps everything but ; # "; at most 20 characters. `null` empties it.
             * @example CRM-7
             */
            vendor_lead_code?: string | null;
            /**
             * @description Keeps everything but ; # "; at most 50 characters. `null` empties it.
             * @example WEB
             */
            source_id?: string | null;
            list_id?: components["schemas"]["ListId"];
            /**
             * @description Keeps a number of hours with at most two decimals; at most 6 characters. It cannot be emptied.
             * @example -5
             */
            gmt_offset_now?: number;
            /**
             * @description Keeps digits; at most 10 characters. It cannot be emptied.
             * @example 1
             */
            phone_code?: string;
            /**
             * @description Keeps digits; at most 18 characters. It cannot be emptied.
             * @example 2125550101
             */
            phone_number?: string;
            /**
             * @description Keeps letters, digits, spaces and - ' _ .; at most 4 characters. `null` empties it.
             * @example Dr
             */
            title?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' _ .; at most 30 characters. `null` empties it.
             * @example Ann
             */
            first_name?: string | null;
            /**
             * @description Keeps letters, digits, - and _; at most 1 characters. `null` empties it.
             * @example Q
             */
            middle_initial?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' _ .; at most 30 characters. `null` empties it.
             * @example O'Brien
             */
            last_name?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 100 characters. `null` empties it.
             * @example 12 Elm St
             */
            address1?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 100 characters. `null` empties it.
             * @example Apt 4
             */
            address2?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 100 characters. `null` empties it.
             * @example Rear building
             */
            address3?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 50 characters. `null` empties it.
             * @example Springfield
             */
            city?: string | null;
            /**
             * @description Keeps letters, digits, spaces and -; at most 2 characters. `null` empties it.
             * @example IL
             */
            state?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . _; at most 50 characters. `null` empties it.
             * @example Ontario
             */
            province?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - '; at most 10 characters. `null` empties it.
             * @example 62701
             */
            postal_code?: string | null;
            /**
             * @description Keeps letters, digits, - and _; at most 3 characters. `null` empties it.
             * @example USA
             */
            country_code?: string | null;
            /**
             * @description Keeps M, F or U; at most 1 characters. It cannot be emptied.
             * @example F
             */
            gender?: string;
            /**
             * @description Keeps a date, YYYY-MM-DD; at most 10 characters. `null` empties it.
             * @example 1980-12-31
             */
            date_of_birth?: string | null;
            /**
             * @description Keeps digits; at most 12 characters. `null` empties it.
             * @example 2125550199
             */
            alt_phone?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ % _; at most 70 characters. `null` empties it.
             * @example ann@example.com
             */
            email?: string | null;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 100 characters. `null` empties it.
             * @example blue horse
             */
            security_phrase?: string | null;
            /**
             * @description Keeps everything but ; # "; a new line is stored as !N; at most 255 characters. `null` empties it.
             * @example asked for a call on Monday
             */
            comments?: string | null;
            called_count?: components["schemas"]["CalledCount"];
            rank?: components["schemas"]["Rank"];
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 20 characters. `null` empties it.
             * @example team-a
             */
            owner?: string | null;
        };
        /**
         * @description What kind of value a field takes.
         * @enum {string}
         */
        FieldType: "text" | "phone" | "integer" | "number" | "date" | "choice";
        /**
         * @description Identifiers are never altered; prose may lose characters, with a warning.
         * @enum {string}
         */
        FieldKind: "identifier" | "prose";
        /**
         * @description Which letters VICIdial keeps.
         * @enum {string}
         */
        Letters: "none" | "ascii" | "unicode";
        /** @description A value that the field takes. */
        FieldExample: string | number;
        Field: {
            name: string;
            type: components["schemas"]["FieldType"];
            kind: components["schemas"]["FieldKind"];
            /** @description Longest text as VICIdial stores it; `counts` has the unit. */
            max_length: number;
            /** @description The characters that VICIdial keeps. */
            keeps: string;
            letters: components["schemas"]["Letters"];
            /** @description Whether null may empty it. */
            clearable: boolean;
            /** @description Whether changing it takes a call for each lead. */
            single_lead_call: boolean;
            minimum?: number;
            maximum?: number;
            choices?: string[];
            example: components["schemas"]["FieldExample"];
        };
        /**
         * @description What `max_length` counts: bytes of UTF-8 if VICIdial's database is latin1.
         * @enum {string}
         */
        CountUnit: "characters" | "bytes";
        /**
         * @description The field's type in VICIdial. Without one, values are not checked against it.
         * @enum {string}
         */
        CustomFieldType: "TEXT" | "AREA" | "HIDDEN" | "HIDEBLOB" | "READONLY" | "NUMBER" | "DATE" | "TIME" | "SELECT" | "SOURCESELECT" | "RADIO" | "MULTI" | "CHECKBOX";
        /** @description A custom field that the operator has listed. */
        CustomField: {
            label: string;
            type?: components["schemas"]["CustomFieldType"];
            /** @description Longest text, in the unit of `counts`. */
            max_length: number;
            /** @description The values of a type with options; MULTI and CHECKBOX take several, separated by commas. */
            options?: string[];
        };
        /** @description How fast updates can be delivered. A `dry_run` lists the calls that updates need, and so the least time that they take. */
        DeliveryLimits: {
            /** @description Most calls to VICIdial in a second, for all callers of your account; 0: no limit. */
            max_calls_per_second: number;
            /** @description Most calls to VICIdial at once, for all callers of your account. */
            max_concurrency: number;
            /** @description Most updates that you may send in a minute; absent: no limit. */
            updates_per_minute?: number;
        };
        FieldsAnswer: {
            fields: components["schemas"]["Field"][];
            counts: components["schemas"]["CountUnit"];
            /** @description The custom fields that the operator has listed. */
            custom_fields: components["schemas"]["CustomField"][];
            limits: components["schemas"]["DeliveryLimits"];
        };
        /** @description Columns of VICIdial's lead table; null for an empty one. Times are the dialer's local ones, as it stores them. */
        LeadValues: {
            /** @example SALE */
            status?: string | null;
            /** @example 1001 */
            user?: string | null;
            /** @example CRM-7 */
            vendor_lead_code?: string | null;
            /** @example WEB */
            source_id?: string | null;
            /** @example 103 */
            list_id?: number | null;
            /** @example -5 */
            gmt_offset_now?: number | null;
            /** @example 1 */
            phone_code?: string | null;
            /** @example 2125550101 */
            phone_number?: string | null;
            /** @example Dr */
            title?: string | null;
            /** @example Ann */
            first_name?: string | null;
            /** @example Q */
            middle_initial?: string | null;
            /** @example O'Brien */
            last_name?: string | null;
            /** @example 12 Elm St */
            address1?: string | null;
            /** @example Apt 4 */
            address2?: string | null;
            /** @example Rear building */
            address3?: string | null;
            /** @example Springfield */
            city?: string | null;
            /** @example IL */
            state?: string | null;
            /** @example Ontario */
            province?: string | null;
            /** @example 62701 */
            postal_code?: string | null;
            /** @example USA */
            country_code?: string | null;
            /** @example F */
            gender?: string | null;
            /** @example 1980-12-31 */
            date_of_birth?: string | null;
            /** @example 2125550199 */
            alt_phone?: string | null;
            /** @example ann@example.com */
            email?: string | null;
            /** @example blue horse */
            security_phrase?: string | null;
            /** @example asked for a call on Monday */
            comments?: string | null;
            /** @example 3 */
            called_count?: number | null;
            last_local_call_time?: string | null;
            /** @example 7 */
            rank?: number | null;
            /** @example team-a */
            owner?: string | null;
            entry_list_id?: number | null;
            /** @description Only if `fields` names it. */
            called_since_last_reset?: string | null;
            /** @description Only if `fields` names it. */
            entry_date?: string | null;
            /** @description Only if `fields` names it. */
            modify_date?: string | null;
        };
        /** @description A field that could not be read for certain. */
        Unread: {
            /** @description A custom field as `custom_fields.<label>`. */
            field: string;
            detail: string;
        };
        /** @description One lead as VICIdial holds it. */
        Lead: {
            lead_id: number;
            fields?: components["schemas"]["LeadValues"];
            /** @description Custom fields of the lead's list that the operator has listed, if they were asked for. */
            custom_fields?: {
                [key: string]: string | null;
            };
            /** @description Fields that could not be read. Absent if all could be. */
            unread?: components["schemas"]["Unread"][];
            /** @description The entity tag of these fields, for If-Match of PATCH /v1/leads/{lead_id}; absent if a field could not be read. */
            etag?: string;
        };
        FoundLeads: {
            /** @description Newest first; at most 1,000. */
            leads: components["schemas"]["Lead"][];
            /**
             * @description The key has older leads, too. POST /v1/leads/read with on_multiple "all" and `Prefer: respond-async` reads all.
             * @enum {boolean}
             */
            has_more?: true;
        };
        /**
         * @description The name of a column of the lead table.
         * @enum {string}
         */
        LeadColumn: "lead_id" | "status" | "user" | "vendor_lead_code" | "source_id" | "list_id" | "gmt_offset_now" | "phone_code" | "phone_number" | "title" | "first_name" | "middle_initial" | "last_name" | "address1" | "address2" | "address3" | "city" | "state" | "province" | "postal_code" | "country_code" | "gender" | "date_of_birth" | "alt_phone" | "email" | "security_phrase" | "comments" | "called_count" | "last_local_call_time" | "rank" | "owner" | "entry_list_id" | "called_since_last_reset" | "entry_date" | "modify_date";
        /** @description One lead, by exactly one of its keys. */
        LeadKey: {
            lead_id?: components["schemas"]["LeadId"];
            vendor_lead_code?: string;
            phone_number?: string;
        };
        /** @description The leads to read: each by one of its keys in `leads`, or all by their ids in `lead_ids`. */
        ReadRequest: {
            leads?: never;
            /** @description Short form: the leads by their ids. */
            lead_ids: components["schemas"]["LeadId"][];
            /** @description Columns of the lead table. Absent: all that you may read, without those that take a call of their own. */
            fields?: components["schemas"]["LeadColumn"][];
            /** @description Whether custom fields are read, too. Default: false. */
            custom_fields?: boolean;
            on_multiple?: components["schemas"]["OnMultiple"];
            key_match?: components["schemas"]["KeyMatch"];
            /** @description Reads nothing: the response has the calls that would be made. */
            dry_run?: boolean;
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
        } | {
            /** @description Long form: each lead by one of its keys. */
            leads: components["schemas"]["LeadKey"][];
            lead_ids?: never;
            /** @description Columns of the lead table. Absent: all that you may read, without those that take a call of their own. */
            fields?: components["schemas"]["LeadColumn"][];
            /** @description Whether custom fields are read, too. Default: false. */
            custom_fields?: boolean;
            on_multiple?: components["schemas"]["OnMultiple"];
            key_match?: components["schemas"]["KeyMatch"];
            /** @description Reads nothing: the response has the calls that would be made. */
            dry_run?: boolean;
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
        };
        JobLinks: {
            /** @description Path of the job. */
            self: string;
        };
        /**
         * @description `queued`: stored, and will be delivered. `ignored`: a webhook event that the source ignores.
         * @enum {string}
         */
        AcceptedStatus: "queued" | "ignored";
        Accepted: {
            /** @description The job; null if there was nothing to do. */
            id: string | null;
            status: components["schemas"]["AcceptedStatus"];
            /** @description Updates that were stored. */
            updates: number;
            /** @description Webhook events that the source ignores, or that change nothing. */
            ignored?: number;
            /** @description Webhook events that were stored before, by their ids, and are not stored again. */
            repeated?: number;
            /** @description Why a webhook source with `on_unmapped: accept` could use none of the events. */
            errors?: components["schemas"]["FieldError"][];
            links?: components["schemas"]["JobLinks"];
        };
        /**
         * @description `queued`: no update was tried yet. `running`: at least one update was tried or has ended, and not all have ended. Ended: `completed`: all updated or added. `partial`: some. `failed`: none.
         * @enum {string}
         */
        JobStatus: "queued" | "running" | "completed" | "partial" | "failed";
        ReplayedJob: {
            /** @description The job; null if there was nothing to do. */
            id: string | null;
            status: components["schemas"]["AcceptedStatus"];
            /** @description Updates that were stored. */
            updates: number;
            /** @description Webhook events that the source ignores, or that change nothing. */
            ignored?: number;
            /** @description Webhook events that were stored before, by their ids, and are not stored again. */
            repeated?: number;
            /** @description Why a webhook source with `on_unmapped: accept` could use none of the events. */
            errors?: components["schemas"]["FieldError"][];
            links?: components["schemas"]["JobLinks"];
            /** @description Dead letters that the request asked for and that were not replayed, because there are more than 10,000 or no room for more. Send the request again. */
            remaining: number;
            /** @description Dead letters that cannot be replayed: their caller may no longer set what is in them, or their VICIdial account is no longer configured. Absent if there are none. */
            refused?: number;
        };
        Replayed: {
            jobs: components["schemas"]["Accepted"][];
            /** @description Dead letters that the request asked for and that were not replayed, because there are more than 10,000 or no room for more. Send the request again. */
            remaining: number;
            /** @description Dead letters that cannot be replayed: their caller may no longer set what is in them, or their VICIdial account is no longer configured. Absent if there are none. */
            refused?: number;
        };
        Job: {
            id: string;
            status: components["schemas"]["JobStatus"];
            /** @description Who sent it; `webhook:NAME` for a webhook source. */
            caller: string;
            /** @description VICIdial's source. */
            source: string;
            /** @description `batch`, `read`, `webhook:NAME` or `replay`. */
            origin: string;
            /** @description RFC 3339, UTC. */
            accepted_at: string;
            /** @description RFC 3339, UTC. */
            finished_at?: string;
            summary: components["schemas"]["Summary"];
            links: components["schemas"]["JobLinks"];
            /** @description One per update, in the same order. */
            results: components["schemas"]["Result"][];
        };
        JobSummary: {
            id: string;
            status: components["schemas"]["JobStatus"];
            /** @description Who sent it; `webhook:NAME` for a webhook source. */
            caller: string;
            /** @description VICIdial's source. */
            source: string;
            /** @description `batch`, `read`, `webhook:NAME` or `replay`. */
            origin: string;
            /** @description RFC 3339, UTC. */
            accepted_at: string;
            /** @description RFC 3339, UTC. */
            finished_at?: string;
            summary: components["schemas"]["Summary"];
            links: components["schemas"]["JobLinks"];
        };
        JobList: {
            /** @description Newest first. */
            jobs: components["schemas"]["JobSummary"][];
            /** @description The cursor of the next page; absent on the last. */
            next_cursor?: string;
        };
        DeadLetter: {
            /** @description Use it to replay this one. */
            id: string;
            job_id: string;
            caller: string;
            /** @description The number of attempts. */
            tries: number;
            /** @description RFC 3339, UTC. */
            died_at: string;
            /** @description Fields that it would have changed. */
            fields: string[];
            /** @description Fields that newer updates of the lead have set since. */
            superseded?: string[];
            result: components["schemas"]["Result"];
        };
        DeadLetterList: {
            /** @description Newest first. */
            dead_letters: components["schemas"]["DeadLetter"][];
            /** @description The cursor of the next page; absent on the last. */
            next_cursor?: string;
        };
        ReplayJob: {
            /** @description Also sets fields that newer updates of the lead have set since. */
            force?: boolean;
        };
        ReplayDeadLetters: {
            /** @description Absent: all, the oldest 10,000 first. */
            ids?: string[];
            /** @description Only those whose last error has this code. */
            code?: string;
            /** @description Also sets fields that newer updates of the lead have set since. */
            force?: boolean;
        };
        Cancelled: {
            /** @description The job. */
            id: string;
            /** @description Updates that were cancelled. Those in flight are not. */
            cancelled: number;
        };
        /** @description Whatever the service sends. The mapping of the source says what it becomes. */
        WebhookPayload: unknown;
        /** @description The fields that the service sends. The mapping of the source says what they become. */
        WebhookForm: {
            [key: string]: unknown;
        };
        /** @description The challenge of the sender, and perhaps its HMAC, by the names that the sender gives them. */
        WebhookChallenge: {
            [key: string]: string;
        };
        /** @description The results of the updates; or, with `answer_status: 200`, that they are stored; or the challenge of the sender. */
        WebhookAnswer: components["schemas"]["BatchAnswer"] | components["schemas"]["Accepted"] | components["schemas"]["WebhookChallenge"];
        /** @description Numbers that must not be called. */
        DncRequest: {
            /**
             * @description Digits, and `+ ( ) . -` and spaces between them, as VICIdial dials the numbers.
             * @example [
             *       "2125550101"
             *     ]
             */
            phone_numbers: string[];
            /**
             * @description The campaign that must not call the numbers. Absent: no campaign may. VICIdial does not check that the campaign exists.
             * @example CAMPA
             */
            campaign_id?: string;
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
            /** @description Sends nothing. The response says which calls would be made. */
            dry_run?: boolean;
        };
        /** @description The error of VICIdial or the gateway. */
        HistoryError: {
            code: components["schemas"]["ErrorCode"];
            detail: string;
        };
        HistoryEntry: {
            /** @description When it ended; RFC 3339, UTC. */
            at: string;
            /** @description Absent if the lead is not known. */
            lead_id?: number;
            /** @description If the update named its lead by it. */
            vendor_lead_code?: string;
            /** @description If the update named its lead by it. */
            phone_number?: string;
            /** @description Who sent it; `webhook:NAME` for a webhook source without callers. */
            caller: string;
            /** @description The first 8 hex digits of the key's SHA-256, as in the gateway file. */
            key_id?: string;
            /** @description The operator who replayed another caller's update; `key_id` and `request_id` are the operator's. */
            replayed_by?: string;
            /** @description As in the log and in `X-Request-Id`. */
            request_id: string;
            /** @description If it was part of a job. */
            job_id?: string;
            /** @description The VICIdial account. */
            account: string;
            /** @description VICIdial's source. */
            source: string;
            /** @description The fields that it changed or would have changed; if it was rejected, the fields that were refused. */
            fields: string[];
            /** @description The values as VICIdial stores them, if the operator keeps them. */
            values?: {
                [key: string]: string;
            };
            status: components["schemas"]["ResultStatus"];
            error?: components["schemas"]["HistoryError"];
        };
        History: {
            /** @description Newest first. */
            entries: components["schemas"]["HistoryEntry"][];
            /** @description The cursor of the next page; absent on the last. */
            next_cursor?: string;
        };
        /** @description A problem document (RFC 9457). */
        Problem: {
            /** @description Address of a page about this problem, on this server. */
            type: string;
            title: string;
            status: number;
            detail: string;
            /** @description The request id, as in X-Request-Id. */
            instance: string;
            code: components["schemas"]["ProblemCode"];
            /** @description The first 100 faults. */
            errors?: components["schemas"]["FieldError"][];
            /** @description The number of all faults. */
            errors_count?: number;
            summary?: components["schemas"]["Summary"];
            results?: components["schemas"]["Result"][];
        };
        /** @description One fault in a request. */
        FieldError: {
            /** @description JSON Pointer (RFC 6901) into the body. */
            pointer: string;
            code: components["schemas"]["ErrorCode"];
            detail: string;
        };
        /**
         * @description Stable name of the error; /problems/<code> explains it. A newer gateway may have more codes.
         * @enum {string}
         */
        ErrorCode: "invalid_json" | "invalid_request" | "unauthenticated" | "permission_denied" | "not_found" | "method_not_allowed" | "conflict" | "lead_exists" | "precondition_failed" | "payload_too_large" | "unsupported_media_type" | "idempotency_key_reused" | "all_updates_rejected" | "rate_limited" | "internal_error" | "upstream_login_failed" | "upstream_permission_denied" | "upstream_error" | "overloaded" | "upstream_locked_out" | "upstream_unproven" | "upstream_unavailable" | "upstream_timeout" | "lead_not_found" | "lead_unreadable" | "lead_ambiguous" | "field_unknown" | "field_invalid" | "field_too_long" | "field_not_clearable" | "field_not_allowed" | "characters_lost" | "unsafe_characters" | "no_changes" | "list_not_found" | "list_not_allowed";
        /**
         * @description Stable name of the problem; /problems/<code> explains it. A newer gateway may have more codes.
         * @enum {string}
         */
        ProblemCode: "invalid_json" | "invalid_request" | "unauthenticated" | "permission_denied" | "not_found" | "method_not_allowed" | "conflict" | "lead_exists" | "precondition_failed" | "payload_too_large" | "unsupported_media_type" | "idempotency_key_reused" | "all_updates_rejected" | "rate_limited" | "internal_error" | "upstream_login_failed" | "upstream_permission_denied" | "upstream_error" | "overloaded" | "upstream_locked_out" | "upstream_unproven" | "upstream_unavailable" | "upstream_timeout";
        Live: {
            /** @enum {string} */
            status: "alive";
        };
        /**
         * @description What the last calls showed; `unknown` before the first one.
         * @enum {string}
         */
        Reachability: "unknown" | "reachable" | "unreachable" | "login_refused" | "locked_out";
        UpstreamState: {
            state: components["schemas"]["Reachability"];
            /** Format: date-time */
            since?: string;
        };
        OutboxSize: {
            /** @description Updates that were accepted and have no result yet. */
            waiting: number;
            /** @description Stored updates that failed until their retries ended. */
            dead_letters: number;
        };
        ClusterMember: {
            gateway: string;
            alive: boolean;
            seen_seconds_ago: number;
            /** @description Whether its settings are those of this gateway. */
            same_configuration: boolean;
        };
        /** @description The gateways that share the database, with PostgreSQL. */
        ClusterState: {
            /** @description The name of this gateway. */
            gateway: string;
            /** @description The gateway that calls VICIdial; null while no gateway does. */
            owner: string | null;
            /** @description Grows each time that a gateway takes over. */
            term: number;
            /** @description The gateways that were seen within a day. */
            members: components["schemas"]["ClusterMember"][];
        };
        /** @enum {string} */
        Readiness: "ready" | "draining" | "storage_failing";
        Ready: {
            status: components["schemas"]["Readiness"];
            vicidial: components["schemas"]["UpstreamState"];
            /** @description The same for each other VICIdial account, by its name. */
            accounts?: {
                [key: string]: components["schemas"]["UpstreamState"];
            };
            outbox: components["schemas"]["OutboxSize"];
            cluster?: components["schemas"]["ClusterState"];
        };
        /** @description Metrics for Prometheus. */
        Metrics: string;
        /**
         * Format: binary
         * @description A SQLite database.
         */
        DatabaseCopy: string;
        /** @description An empty object. */
        EmptyBody: Record<string, never>;
    };
    responses: {
        /** @description Bad Request: `invalid_request`, `invalid_json` */
        InvalidRequestOrInvalidJson: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unauthorized: `unauthenticated` */
        Unauthenticated: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Forbidden: `permission_denied` */
        PermissionDenied: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request did not arrive in time. The code is invalid_request. */
        RequestTimeout: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Conflict: `conflict` */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Payload Too Large: `payload_too_large` */
        PayloadTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unsupported Media Type: `unsupported_media_type` */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
        IdempotencyKeyReusedOrAllUpdatesRejected: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too Many Requests: `rate_limited` */
        RateLimited: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The headers are longer than 16 KiB. The code is invalid_request. */
        RequestHeaderFieldsTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Internal Server Error: `internal_error` */
        InternalError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
        BadGateway: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
        ServiceUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Gateway Timeout: `upstream_timeout` */
        UpstreamTimeout: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not Found: `not_found` */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Bad Request: `invalid_request` */
        InvalidRequest: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unprocessable Entity: `all_updates_rejected` */
        AllUpdatesRejected: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Service Unavailable: `overloaded` */
        Overloaded: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unprocessable Entity: `idempotency_key_reused` */
        IdempotencyKeyReused: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                RateLimit: components["headers"]["RateLimit"];
                "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description `respond-async`: stores the request, answers 202 at once, and does the work later, as a job (RFC 7240). */
        RespondAsync: "respond-async";
        /** @description `wait=10`: the same as `?wait=10` (RFC 7240). */
        Wait: string;
        /** @description Changes the lead only if it still is as it was read: the `ETag` of GET /v1/leads/{lead_id}, or an `etag` of POST /v1/leads/read. Only the fields that were read are compared. Needs the permission `read`, too. */
        IfMatch: string;
        /** @description An `ETag` of an earlier answer: if the lead is still as it was, the answer is 304. */
        IfNoneMatch: string;
        /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
        IdempotencyKey: string;
        /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
        RequestId: string;
    };
    requestBodies: never;
    headers: {
        /** @description The id of the request: yours, or a new one. The log has it. */
        "X-Request-Id": string;
        /** @description The limits of the caller, if it has any: `"requests";q=600;w=60` is 600 requests in 60 seconds. */
        "RateLimit-Policy": string;
        /** @description What is left of the limits, if the caller has any: `"requests";r=598;t=42` is 598 requests in the next 42 seconds. */
        RateLimit: string;
        /** @description Seconds to wait before the request is sent again. Present with 429 and 503, and with 409 if a request with this `Idempotency-Key` is in progress. */
        "Retry-After": number;
        /** @description `true` if this is the response to an earlier request with the same `Idempotency-Key`. */
        "Idempotency-Replayed": "true";
        /** @description How to authenticate (RFC 9110). */
        "WWW-Authenticate": string;
        /** @description The methods that the path takes. */
        Allow: string;
        /** @description The path of the new lead. */
        Location: string;
        /** @description Changes whenever one of these values does; absent if a field could not be read. For `If-None-Match`, and for `If-Match` of PATCH. */
        ETag: string;
        /** @description `respond-async`: the preference was followed (RFC 7240). Absent if this is the response to an earlier request. */
        "Preference-Applied": "respond-async";
    };
    pathItems: never;
}
export type CustomFieldValue = components['schemas']['CustomFieldValue'];
export type CustomFields = components['schemas']['CustomFields'];
export type NewListId = components['schemas']['NewListId'];
export type Add = components['schemas']['Add'];
export type NewLead = components['schemas']['NewLead'];
export type Update = components['schemas']['Update'];
export type BatchRequest = components['schemas']['BatchRequest'];
export type WarningCode = components['schemas']['WarningCode'];
export type Warning = components['schemas']['Warning'];
export type ResultError = components['schemas']['ResultError'];
export type ResultStatus = components['schemas']['ResultStatus'];
export type Result = components['schemas']['Result'];
export type Summary = components['schemas']['Summary'];
export type BatchStatus = components['schemas']['BatchStatus'];
export type PlannedCall = components['schemas']['PlannedCall'];
export type BatchAnswer = components['schemas']['BatchAnswer'];
export type LeadId = components['schemas']['LeadId'];
export type OnMultiple = components['schemas']['OnMultiple'];
export type OnMissing = components['schemas']['OnMissing'];
export type KeyMatch = components['schemas']['KeyMatch'];
export type OnLossy = components['schemas']['OnLossy'];
export type OnInvalid = components['schemas']['OnInvalid'];
export type Verify = components['schemas']['Verify'];
export type Hopper = components['schemas']['Hopper'];
export type CallbackType = components['schemas']['CallbackType'];
export type Callback = components['schemas']['Callback'];
export type HopperAction = components['schemas']['HopperAction'];
export type CallbackAction = components['schemas']['CallbackAction'];
export type DncCampaign = components['schemas']['DncCampaign'];
export type DncAction = components['schemas']['DncAction'];
export type HopperResult = components['schemas']['HopperResult'];
export type CallbackResult = components['schemas']['CallbackResult'];
export type DncResult = components['schemas']['DncResult'];
export type ListId = components['schemas']['ListId'];
export type CalledCount = components['schemas']['CalledCount'];
export type Rank = components['schemas']['Rank'];
export type LeadFields = components['schemas']['LeadFields'];
export type FieldType = components['schemas']['FieldType'];
export type FieldKind = components['schemas']['FieldKind'];
export type Letters = components['schemas']['Letters'];
export type FieldExample = components['schemas']['FieldExample'];
export type Field = components['schemas']['Field'];
export type CountUnit = components['schemas']['CountUnit'];
export type CustomFieldType = components['schemas']['CustomFieldType'];
export type CustomField = components['schemas']['CustomField'];
export type DeliveryLimits = components['schemas']['DeliveryLimits'];
export type FieldsAnswer = components['schemas']['FieldsAnswer'];
export type LeadValues = components['schemas']['LeadValues'];
export type Unread = components['schemas']['Unread'];
export type Lead = components['schemas']['Lead'];
export type FoundLeads = components['schemas']['FoundLeads'];
export type LeadColumn = components['schemas']['LeadColumn'];
export type LeadKey = components['schemas']['LeadKey'];
export type ReadRequest = components['schemas']['ReadRequest'];
export type JobLinks = components['schemas']['JobLinks'];
export type AcceptedStatus = components['schemas']['AcceptedStatus'];
export type Accepted = components['schemas']['Accepted'];
export type JobStatus = components['schemas']['JobStatus'];
export type ReplayedJob = components['schemas']['ReplayedJob'];
export type Replayed = components['schemas']['Replayed'];
export type Job = components['schemas']['Job'];
export type JobSummary = components['schemas']['JobSummary'];
export type JobList = components['schemas']['JobList'];
export type DeadLetter = components['schemas']['DeadLetter'];
export type DeadLetterList = components['schemas']['DeadLetterList'];
export type ReplayJob = components['schemas']['ReplayJob'];
export type ReplayDeadLetters = components['schemas']['ReplayDeadLetters'];
export type Cancelled = components['schemas']['Cancelled'];
export type WebhookPayload = components['schemas']['WebhookPayload'];
export type WebhookForm = components['schemas']['WebhookForm'];
export type WebhookChallenge = components['schemas']['WebhookChallenge'];
export type WebhookAnswer = components['schemas']['WebhookAnswer'];
export type DncRequest = components['schemas']['DncRequest'];
export type HistoryError = components['schemas']['HistoryError'];
export type HistoryEntry = components['schemas']['HistoryEntry'];
export type History = components['schemas']['History'];
export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];
export type ErrorCode = components['schemas']['ErrorCode'];
export type ProblemCode = components['schemas']['ProblemCode'];
export type Live = components['schemas']['Live'];
export type Reachability = components['schemas']['Reachability'];
export type UpstreamState = components['schemas']['UpstreamState'];
export type OutboxSize = components['schemas']['OutboxSize'];
export type ClusterMember = components['schemas']['ClusterMember'];
export type ClusterState = components['schemas']['ClusterState'];
export type Readiness = components['schemas']['Readiness'];
export type Ready = components['schemas']['Ready'];
export type Metrics = components['schemas']['Metrics'];
export type DatabaseCopy = components['schemas']['DatabaseCopy'];
export type EmptyBody = components['schemas']['EmptyBody'];
export type ResponseInvalidRequestOrInvalidJson = components['responses']['InvalidRequestOrInvalidJson'];
export type ResponseUnauthenticated = components['responses']['Unauthenticated'];
export type ResponsePermissionDenied = components['responses']['PermissionDenied'];
export type ResponseRequestTimeout = components['responses']['RequestTimeout'];
export type ResponseConflict = components['responses']['Conflict'];
export type ResponsePayloadTooLarge = components['responses']['PayloadTooLarge'];
export type ResponseUnsupportedMediaType = components['responses']['UnsupportedMediaType'];
export type ResponseIdempotencyKeyReusedOrAllUpdatesRejected = components['responses']['IdempotencyKeyReusedOrAllUpdatesRejected'];
export type ResponseRateLimited = components['responses']['RateLimited'];
export type ResponseRequestHeaderFieldsTooLarge = components['responses']['RequestHeaderFieldsTooLarge'];
export type ResponseInternalError = components['responses']['InternalError'];
export type ResponseBadGateway = components['responses']['BadGateway'];
export type ResponseServiceUnavailable = components['responses']['ServiceUnavailable'];
export type ResponseUpstreamTimeout = components['responses']['UpstreamTimeout'];
export type ResponseNotFound = components['responses']['NotFound'];
export type ResponseInvalidRequest = components['responses']['InvalidRequest'];
export type ResponseAllUpdatesRejected = components['responses']['AllUpdatesRejected'];
export type ResponseOverloaded = components['responses']['Overloaded'];
export type ResponseIdempotencyKeyReused = components['responses']['IdempotencyKeyReused'];
export type ParameterRespondAsync = components['parameters']['RespondAsync'];
export type ParameterWait = components['parameters']['Wait'];
export type ParameterIfMatch = components['parameters']['IfMatch'];
export type ParameterIfNoneMatch = components['parameters']['IfNoneMatch'];
export type ParameterIdempotencyKey = components['parameters']['IdempotencyKey'];
export type ParameterRequestId = components['parameters']['RequestId'];
export type HeaderXRequestId = components['headers']['X-Request-Id'];
export type HeaderRateLimitPolicy = components['headers']['RateLimit-Policy'];
export type HeaderRateLimit = components['headers']['RateLimit'];
export type HeaderRetryAfter = components['headers']['Retry-After'];
export type HeaderIdempotencyReplayed = components['headers']['Idempotency-Replayed'];
export type HeaderWwwAuthenticate = components['headers']['WWW-Authenticate'];
export type HeaderAllow = components['headers']['Allow'];
export type HeaderLocation = components['headers']['Location'];
export type HeaderETag = components['headers']['ETag'];
export type HeaderPreferenceApplied = components['headers']['Preference-Applied'];
export type $defs = Record<string, never>;
export interface operations {
    batchUpdateLeads: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async`: stores the request, answers 202 at once, and does the work later, as a job (RFC 7240). */
                Prefer?: components["parameters"]["RespondAsync"];
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchRequest"];
            };
        };
        responses: {
            /** @description All leads were updated; or a dry run, unless every update was rejected. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description With `Prefer: respond-async`: the updates are stored, and will be delivered. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Some leads were updated, or VICIdial answered for each with something else. */
            207: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLead: {
        parameters: {
            query?: {
                /**
                 * @description Columns of the lead table, with commas between. Absent: all that you may read.
                 * @example status,email
                 */
                fields?: string;
                /** @description Whether custom fields are read, too. Default: false. */
                custom_fields?: "true" | "false";
            };
            header?: {
                /** @description An `ETag` of an earlier answer: if the lead is still as it was, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /**
                 * @description VICIdial's lead id.
                 * @example 101
                 */
                lead_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The lead. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lead"];
                };
            };
            /** @description The lead is as it was: it has the ETag of If-None-Match. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["AllUpdatesRejected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["UpstreamTimeout"];
        };
    };
    patchLead: {
        parameters: {
            query?: never;
            header?: {
                /** @description Changes the lead only if it still is as it was read: the `ETag` of GET /v1/leads/{lead_id}, or an `etag` of POST /v1/leads/read. Only the fields that were read are compared. Needs the permission `read`, too. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /**
                 * @description VICIdial's lead id.
                 * @example 101
                 */
                lead_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LeadFields"];
            };
        };
        responses: {
            /** @description The lead was updated. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Result"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            /** @description Precondition Failed: `precondition_failed` */
            412: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    findLeads: {
        parameters: {
            query?: {
                /**
                 * @description Finds leads by their code.
                 * @example CRM-107
                 */
                vendor_lead_code?: string;
                /** @description Finds leads by the digits of their number. */
                phone_number?: string;
                /**
                 * @description Columns of the lead table, with commas between. Absent: all that you may read.
                 * @example status,email
                 */
                fields?: string;
                /** @description Whether custom fields are read, too. Default: false. */
                custom_fields?: "true" | "false";
            };
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The leads; none if nothing matches. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundLeads"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["AllUpdatesRejected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["UpstreamTimeout"];
        };
    };
    addLead: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLead"];
            };
        };
        responses: {
            /** @description The lead was added. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Result"];
                };
            };
            400: components["responses"]["InvalidRequestOrInvalidJson"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            /** @description Conflict: `conflict`, `lead_exists` */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrAllUpdatesRejected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["UpstreamTimeout"];
        };
    };
    readLeads: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async`: stores the request, answers 202 at once, and does the work later, as a job (RFC 7240). */
                Prefer?: components["parameters"]["RespondAsync"];
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReadRequest"];
            };
        };
        responses: {
            /** @description All leads were read; or a dry run, unless every lead was rejected. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description With `Prefer: respond-async`: the request is stored, and the leads will be read. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Some were, or not each of their fields. */
            207: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            400: components["responses"]["InvalidRequestOrInvalidJson"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrAllUpdatesRejected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["UpstreamTimeout"];
        };
    };
    listFields: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The catalogue. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FieldsAnswer"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description The job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job with its results so far. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                status?: components["schemas"]["JobStatus"];
                /** @description VICIdial's source. */
                source?: string;
                /** @description 1 to 100; 50 if absent. */
                limit?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of jobs. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description The job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["EmptyBody"];
            };
        };
        responses: {
            /** @description How many updates were cancelled. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cancelled"];
                };
            };
            400: components["responses"]["InvalidRequestOrInvalidJson"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    replayJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description The job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReplayJob"];
            };
        };
        responses: {
            /** @description They are stored, and will be delivered. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayedJob"];
                };
            };
            400: components["responses"]["InvalidRequestOrInvalidJson"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                job_id?: string;
                /** @description Only those whose last error has this code. */
                code?: string;
                /** @description 1 to 100; 50 if absent. */
                limit?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of dead letters. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterList"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    replayDeadLetters: {
        parameters: {
            query?: never;
            header?: {
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReplayDeadLetters"];
            };
        };
        responses: {
            /** @description They are stored, and will be delivered. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            400: components["responses"]["InvalidRequestOrInvalidJson"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    answerChallenge: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description The name of a webhook source, as configured. */
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The challenge; empty if the sender only looks whether there is an answer. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            /** @description Method Not Allowed: `method_not_allowed` */
            405: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    Allow: components["headers"]["Allow"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    receiveWebhook: {
        parameters: {
            query?: {
                /** @description Seconds to wait for the result, at most 25. If it is there by then, it is the response. */
                wait?: string;
            };
            header?: {
                /** @description `wait=10`: the same as `?wait=10` (RFC 7240). */
                Prefer?: components["parameters"]["Wait"];
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /** @description The name of a webhook source, as configured. */
                source: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WebhookPayload"];
                "application/x-www-form-urlencoded": components["schemas"]["WebhookForm"];
                "multipart/form-data": components["schemas"]["WebhookForm"];
                "text/plain": components["schemas"]["WebhookPayload"];
            };
        };
        responses: {
            /** @description With `wait`: all leads were updated. With `answer_status: 200`: also every answer that would be 202 or 207. To a sender that asks whether this is its address: its own challenge. */
            200: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookAnswer"];
                    "text/plain": string;
                };
            };
            /** @description The updates are stored, and will be delivered; or the source ignores the event. */
            202: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description With `wait`: some leads were updated, or none was found. */
            207: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description Bad Request: `invalid_json`, `invalid_request` */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: components["responses"]["UnsupportedMediaType"];
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    addDncNumbers: {
        parameters: {
            query?: never;
            header?: {
                /** @description `respond-async`: stores the request, answers 202 at once, and does the work later, as a job (RFC 7240). */
                Prefer?: components["parameters"]["RespondAsync"];
                /** @description Makes a repeat safe: for 24 hours the same request with the same key gets the same response, and changes nothing again. 1 to 255 visible ASCII characters, bare or in double quotes. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DncRequest"];
            };
        };
        responses: {
            /** @description All numbers are there; or a dry run, unless every number was rejected. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description With `Prefer: respond-async`: the numbers are stored, and will be added. */
            202: {
                headers: {
                    "Preference-Applied": components["headers"]["Preference-Applied"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Some numbers are. */
            207: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            400: components["responses"]["InvalidRequestOrInvalidJson"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrAllUpdatesRejected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["UpstreamTimeout"];
        };
    };
    removeDncNumber: {
        parameters: {
            query?: {
                /**
                 * @description The campaign that must not call the numbers. Absent: no campaign may. VICIdial does not check that the campaign exists.
                 * @example CAMPA
                 */
                campaign_id?: string;
            };
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /**
                 * @description Its digits.
                 * @example 2125550101
                 */
                phone_number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The number is not there (any more). */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Result"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["AllUpdatesRejected"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["UpstreamTimeout"];
        };
    };
    listHistory: {
        parameters: {
            query?: {
                /** @description Absent: every caller that you may see. */
                caller?: string;
                /** @description Only the updates of this job. */
                job_id?: string;
                /** @description Only updates that ended with this error code. */
                code?: string;
                /** @description Only from this time on; RFC 3339. */
                since?: string;
                /** @description Only from before this time; RFC 3339. */
                until?: string;
                /** @description 1 to 100; 50 if absent. */
                limit?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the history. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    listLeadHistory: {
        parameters: {
            query?: {
                /** @description Only from this time on; RFC 3339. */
                since?: string;
                /** @description Only from before this time; RFC 3339. */
                until?: string;
                /** @description 1 to 100; 50 if absent. */
                limit?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path: {
                /**
                 * @description VICIdial's lead id.
                 * @example 101
                 */
                lead_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the history. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is shutting down, or cannot store anything. */
            503: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
        };
    };
    live: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Live"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": components["schemas"]["Metrics"];
                    "application/openmetrics-text": components["schemas"]["Metrics"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            408: components["responses"]["RequestTimeout"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
    backup: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id of yours for this request, in the response and in the log. Without one the gateway makes one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The copy. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.sqlite3": components["schemas"]["DatabaseCopy"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["PermissionDenied"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
        };
    };
}
