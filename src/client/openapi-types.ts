/** Written by `npm run openapi`. */

export interface paths {
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
    "/v1/webhooks/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Receive a webhook event
         * @description For services whose payload you cannot change. The configuration of each source says how its sender authenticates, and how a payload becomes updates. They are stored on disk, then delivered. A repeat of a known event id gets the first response again.
         */
        post: operations["receiveWebhook"];
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
         * Read the leads with a vendor code or a phone number
         * @description All that match, newest first; of more than 1,000 the newest, and `has_more`. Give one of the two keys.
         */
        get: operations["findLeads"];
        put?: never;
        /**
         * Add one lead that must be new
         * @description The body is an object of the fields of the lead, and `custom_fields`. `list_id`, `phone_code` and `phone_number` are required. If a lead has its `vendor_lead_code` already (without one: its `phone_number`), nothing is added: 409. After an answer that leaves open whether the lead was added, send the same again.
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
         * Remove a number from those that must not be called
         * @description `dnc` of the result is `removed` or `not_there`. Repeating a request is safe.
         */
        delete: operations["removeDncNumber"];
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
         * Add numbers to those that must not be called
         * @description One result per number, in the same order: `dnc` is `added` or `already_there`. Each number takes a call to VICIdial; for many, send `Prefer: respond-async`. Repeating a request is safe.
         */
        post: operations["addDncNumbers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
         * Update many leads, each with its own changes
         * @description Long form: `updates`, each naming its lead and what to change. Short form: `lead_ids` and one set of changes. One result per update (per lead id in the short form), in the same order. A refused update does not stop the others. A lead may appear twice; its updates take effect in the order given.
         */
        post: operations["batchUpdateLeads"];
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
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
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
            /**
             * @description Keeps digits; at most 14 characters. It cannot be emptied.
             * @example 103
             */
            list_id?: number | string;
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
            /**
             * @description Keeps digits; at most 5 characters. It cannot be emptied.
             * @example 3
             */
            called_count?: number | string;
            /**
             * @description Keeps digits; at most 5 characters. It cannot be emptied.
             * @example 7
             */
            rank?: number | string;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 20 characters. `null` empties it.
             * @example team-a
             */
            owner?: string | null;
        };
        Field: {
            name: string;
            /** @enum {unknown} */
            type: "text" | "phone" | "integer" | "number" | "date" | "choice";
            /**
             * @description Identifiers are never altered; prose may lose characters, with a warning.
             * @enum {unknown}
             */
            kind: "identifier" | "prose";
            /** @description Longest text as VICIdial stores it; `counts` has the unit. */
            max_length: number;
            /** @description The characters that VICIdial keeps. */
            keeps: string;
            /**
             * @description Which letters VICIdial keeps.
             * @enum {unknown}
             */
            letters: "none" | "ascii" | "unicode";
            /** @description Whether null may empty it. */
            clearable: boolean;
            /** @description Whether changing it takes a call for each lead. */
            single_lead_call: boolean;
            minimum?: number;
            maximum?: number;
            choices?: string[];
            example: string | number;
        };
        FieldsAnswer: {
            fields: components["schemas"]["Field"][];
            /**
             * @description What `max_length` counts: bytes of UTF-8 if VICIdial's database is latin1.
             * @enum {unknown}
             */
            counts: "characters" | "bytes";
            /** @description The custom fields that the operator has listed. */
            custom_fields: {
                label: string;
                /**
                 * @description The field's type in VICIdial. Without one, values are not checked against it.
                 * @enum {unknown}
                 */
                type?: "TEXT" | "AREA" | "HIDDEN" | "HIDEBLOB" | "READONLY" | "NUMBER" | "DATE" | "TIME" | "SELECT" | "SOURCESELECT" | "RADIO" | "MULTI" | "CHECKBOX";
                /** @description Longest text, in the unit of `counts`. */
                max_length: number;
                /** @description The values of a type with options; MULTI and CHECKBOX take several, separated by commas. */
                options?: string[];
            }[];
            /** @description How fast updates can be delivered. A `dry_run` lists the calls that updates need, and so the least time that they take. */
            limits: {
                /** @description Most calls to VICIdial in a second, for all callers of your account; 0: no limit. */
                max_calls_per_second: number;
                /** @description Most calls to VICIdial at once, for all callers of your account. */
                max_concurrency: number;
                /** @description Most updates that you may send in a minute; absent: no limit. */
                updates_per_minute?: number;
            };
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
        /** @description One lead, by exactly one of its keys. */
        LeadKey: {
            /**
             * @description VICIdial's lead id, as an integer or as digits.
             * @example 101
             */
            lead_id?: number | string;
            vendor_lead_code?: string;
            phone_number?: string;
        };
        /** @description Leads to read, each by one of its keys. */
        ReadRequest: {
            leads: components["schemas"]["LeadKey"][];
            /** @description Columns of the lead table. Absent: all that you may read, without those that take a call of their own. */
            fields?: ("lead_id" | "status" | "user" | "vendor_lead_code" | "source_id" | "list_id" | "gmt_offset_now" | "phone_code" | "phone_number" | "title" | "first_name" | "middle_initial" | "last_name" | "address1" | "address2" | "address3" | "city" | "state" | "province" | "postal_code" | "country_code" | "gender" | "date_of_birth" | "alt_phone" | "email" | "security_phrase" | "comments" | "called_count" | "last_local_call_time" | "rank" | "owner" | "entry_list_id" | "called_since_last_reset" | "entry_date" | "modify_date")[];
            /** @description Whether custom fields are read, too. Default: false. */
            custom_fields?: boolean;
            /**
             * @description What to do if a key matches several leads. `reject`, the default: read none; the result is `ambiguous`. `all`: the result has `leads`.
             * @enum {unknown}
             */
            on_multiple?: "reject" | "all" | "newest";
            /**
             * @description Which codes a vendor_lead_code finds, as in updates. The default is the caller's, mostly `collation`.
             * @enum {unknown}
             */
            key_match?: "collation" | "exact";
            /** @description Reads nothing: the response has the calls that would be made. */
            dry_run?: boolean;
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
        };
        /** @description Leads to read, by their ids. */
        ShortReadRequest: {
            lead_ids: (number | string)[];
            /** @description Columns of the lead table. Absent: all that you may read, without those that take a call of their own. */
            fields?: ("lead_id" | "status" | "user" | "vendor_lead_code" | "source_id" | "list_id" | "gmt_offset_now" | "phone_code" | "phone_number" | "title" | "first_name" | "middle_initial" | "last_name" | "address1" | "address2" | "address3" | "city" | "state" | "province" | "postal_code" | "country_code" | "gender" | "date_of_birth" | "alt_phone" | "email" | "security_phrase" | "comments" | "called_count" | "last_local_call_time" | "rank" | "owner" | "entry_list_id" | "called_since_last_reset" | "entry_date" | "modify_date")[];
            /** @description Whether custom fields are read, too. Default: false. */
            custom_fields?: boolean;
            /**
             * @description What to do if a key matches several leads. `reject`, the default: read none; the result is `ambiguous`. `all`: the result has `leads`.
             * @enum {unknown}
             */
            on_multiple?: "reject" | "all" | "newest";
            /**
             * @description Which codes a vendor_lead_code finds, as in updates. The default is the caller's, mostly `collation`.
             * @enum {unknown}
             */
            key_match?: "collation" | "exact";
            /** @description Reads nothing: the response has the calls that would be made. */
            dry_run?: boolean;
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
        };
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
        /** @description A callback to book for a lead. */
        Callback: {
            /**
             * @description When to call, with its offset from UTC (RFC 3339). It is converted to the dialer's time zone.
             * @example 2027-01-31T09:00:00-05:00
             */
            at: string;
            /** @example CAMPA */
            campaign_id: string;
            /**
             * @description Who calls. Default: `USERONLY` with a user, otherwise `ANYONE`.
             * @enum {unknown}
             */
            type?: "ANYONE" | "USERONLY";
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
        /** @description With on_missing `add`: what a new lead gets beyond `fields` and `custom_fields` of its update, which it gets too. A lead that exists gets nothing of it. */
        Add: {
            /** @description The list of the new lead, unless `fields` has it. The list must exist. */
            list_id?: number | string;
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
            /** @description Custom fields of the list that the lead is in. The operator must have listed them. Only the type NUMBER takes a number. */
            custom_fields?: {
                [key: string]: string | number | null;
            };
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
            /**
             * @description Keeps digits; at most 14 characters. It cannot be emptied.
             * @example 103
             */
            list_id: number | string;
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
            /**
             * @description Keeps digits; at most 5 characters. It cannot be emptied.
             * @example 3
             */
            called_count?: number | string;
            /**
             * @description Keeps digits; at most 5 characters. It cannot be emptied.
             * @example 7
             */
            rank?: number | string;
            /**
             * @description Keeps letters, digits, spaces and - ' . : / @ _; at most 20 characters. `null` empties it.
             * @example team-a
             */
            owner?: string | null;
            /** @description Custom fields of the list that the lead is in. The operator must have listed them. Only the type NUMBER takes a number. */
            custom_fields?: {
                [key: string]: string | number | null;
            };
        };
        /** @description One lead, named by exactly one of lead_id, vendor_lead_code, phone_number, and its changes. */
        Update: {
            /**
             * @description VICIdial's lead id, as an integer or as digits.
             * @example 101
             */
            lead_id?: number | string;
            /** @description Finds the lead by its code; see `key_match`. */
            vendor_lead_code?: string;
            /** @description Finds the lead by the digits of its phone number. */
            phone_number?: string;
            fields?: components["schemas"]["LeadFields"];
            /** @description Custom fields of the list that the lead is in. The operator must have listed them. Only the type NUMBER takes a number. */
            custom_fields?: {
                [key: string]: string | number | null;
            };
            /**
             * @description What to do if a key matches several leads. `reject`, the default: change none; the result is `ambiguous`.
             * @enum {unknown}
             */
            on_multiple?: "reject" | "all" | "newest";
            /**
             * @description What to do if no lead has the key. `report`, the default: the result is `not_found`. `add`: add a lead, which needs `add`; the result is `added`.
             * @enum {unknown}
             */
            on_missing?: "report" | "add";
            /**
             * @description Which codes a vendor_lead_code finds. `collation`, the default: all that VICIdial treats as equal, like `6e1` and `6E1`. `exact`: only the code spelled the same.
             * @enum {unknown}
             */
            key_match?: "collation" | "exact";
            /**
             * @description Whether prose may lose characters, with a warning. The default is the caller's, mostly `accept`.
             * @enum {unknown}
             */
            on_lossy?: "accept" | "reject";
            /**
             * @description What a faulty value does. `reject_update`: nothing of its update is set. `drop_field`: the other fields are set, and the result has a warning `field_dropped`. `list_id`, a key and the last field are never dropped. The default is the caller's, mostly `reject_update`.
             * @enum {unknown}
             */
            on_invalid?: "reject_update" | "drop_field";
            /** @description Clears called-since-last-reset. */
            reset_called?: boolean;
            /** @description Lets VICIdial move a lead to a list that does not exist. */
            allow_undefined_list?: boolean;
            /** @description Reads the lead after the update, and compares it with what VICIdial should hold: the result is `verified`, or has warnings `stored_differs`. A share such as 0.01 does so for some of the updates. Each costs a call or more. The default is the caller's, mostly false. */
            verify?: boolean | number;
            /** @description Puts the lead into the hopper of its list's campaign, so that it is dialled soon; `remove` takes it out. An update needs no fields then. */
            hopper?: components["schemas"]["Hopper"] | "remove";
            /** @description Books a callback for the lead, or moves the one that it has; `remove` deletes it. The status of the lead is not changed. An update needs no fields then. */
            callback?: components["schemas"]["Callback"] | "remove";
            /** @description `true` adds the lead's own phone number to those that must not be called; with a campaign_id, to those of that campaign. An update needs no fields then. */
            dnc?: boolean | {
                /** @example CAMPA */
                campaign_id: string;
            };
            add?: components["schemas"]["Add"];
        };
        /** @description Each lead with its own changes. */
        BatchRequest: {
            /** @description They take effect in this order. */
            updates: components["schemas"]["Update"][];
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
            /** @description Sends nothing. The response says what would be stored and which calls would be made. */
            dry_run?: boolean;
            /**
             * @description What to do if a key matches several leads. `reject`, the default: change none; the result is `ambiguous`.
             * @enum {unknown}
             */
            on_multiple?: "reject" | "all" | "newest";
            /**
             * @description What to do if no lead has the key. `report`, the default: the result is `not_found`. `add`: add a lead, which needs `add`; the result is `added`.
             * @enum {unknown}
             */
            on_missing?: "report" | "add";
            /**
             * @description Which codes a vendor_lead_code finds. `collation`, the default: all that VICIdial treats as equal, like `6e1` and `6E1`. `exact`: only the code spelled the same.
             * @enum {unknown}
             */
            key_match?: "collation" | "exact";
            /**
             * @description Whether prose may lose characters, with a warning. The default is the caller's, mostly `accept`.
             * @enum {unknown}
             */
            on_lossy?: "accept" | "reject";
            /**
             * @description What a faulty value does. `reject_update`: nothing of its update is set. `drop_field`: the other fields are set, and the result has a warning `field_dropped`. `list_id`, a key and the last field are never dropped. The default is the caller's, mostly `reject_update`.
             * @enum {unknown}
             */
            on_invalid?: "reject_update" | "drop_field";
            /** @description Clears called-since-last-reset. */
            reset_called?: boolean;
            /** @description Lets VICIdial move a lead to a list that does not exist. */
            allow_undefined_list?: boolean;
            /** @description Reads the lead after the update, and compares it with what VICIdial should hold: the result is `verified`, or has warnings `stored_differs`. A share such as 0.01 does so for some of the updates. Each costs a call or more. The default is the caller's, mostly false. */
            verify?: boolean | number;
            /** @description Puts the lead into the hopper of its list's campaign, so that it is dialled soon; `remove` takes it out. An update needs no fields then. */
            hopper?: components["schemas"]["Hopper"] | "remove";
            /** @description Books a callback for the lead, or moves the one that it has; `remove` deletes it. The status of the lead is not changed. An update needs no fields then. */
            callback?: components["schemas"]["Callback"] | "remove";
            /** @description `true` adds the lead's own phone number to those that must not be called; with a campaign_id, to those of that campaign. An update needs no fields then. */
            dnc?: boolean | {
                /** @example CAMPA */
                campaign_id: string;
            };
            add?: components["schemas"]["Add"];
        };
        /** @description One set of changes for many leads. */
        ShortBatchRequest: {
            lead_ids: (number | string)[];
            fields?: components["schemas"]["LeadFields"];
            /** @description Custom fields of the list that the lead is in. The operator must have listed them. Only the type NUMBER takes a number. */
            custom_fields?: {
                [key: string]: string | number | null;
            };
            /** @description The sender's name in VICIdial's log. The default is the caller's, or the server's. */
            source?: string;
            /** @description Sends nothing. The response says what would be stored and which calls would be made. */
            dry_run?: boolean;
            /**
             * @description What to do if a key matches several leads. `reject`, the default: change none; the result is `ambiguous`.
             * @enum {unknown}
             */
            on_multiple?: "reject" | "all" | "newest";
            /**
             * @description What to do if no lead has the key. `report`, the default: the result is `not_found`. `add`: add a lead, which needs `add`; the result is `added`.
             * @enum {unknown}
             */
            on_missing?: "report" | "add";
            /**
             * @description Which codes a vendor_lead_code finds. `collation`, the default: all that VICIdial treats as equal, like `6e1` and `6E1`. `exact`: only the code spelled the same.
             * @enum {unknown}
             */
            key_match?: "collation" | "exact";
            /**
             * @description Whether prose may lose characters, with a warning. The default is the caller's, mostly `accept`.
             * @enum {unknown}
             */
            on_lossy?: "accept" | "reject";
            /**
             * @description What a faulty value does. `reject_update`: nothing of its update is set. `drop_field`: the other fields are set, and the result has a warning `field_dropped`. `list_id`, a key and the last field are never dropped. The default is the caller's, mostly `reject_update`.
             * @enum {unknown}
             */
            on_invalid?: "reject_update" | "drop_field";
            /** @description Clears called-since-last-reset. */
            reset_called?: boolean;
            /** @description Lets VICIdial move a lead to a list that does not exist. */
            allow_undefined_list?: boolean;
            /** @description Reads the lead after the update, and compares it with what VICIdial should hold: the result is `verified`, or has warnings `stored_differs`. A share such as 0.01 does so for some of the updates. Each costs a call or more. The default is the caller's, mostly false. */
            verify?: boolean | number;
            /** @description Puts the lead into the hopper of its list's campaign, so that it is dialled soon; `remove` takes it out. An update needs no fields then. */
            hopper?: components["schemas"]["Hopper"] | "remove";
            /** @description Books a callback for the lead, or moves the one that it has; `remove` deletes it. The status of the lead is not changed. An update needs no fields then. */
            callback?: components["schemas"]["Callback"] | "remove";
            /** @description `true` adds the lead's own phone number to those that must not be called; with a campaign_id, to those of that campaign. An update needs no fields then. */
            dnc?: boolean | {
                /** @example CAMPA */
                campaign_id: string;
            };
        };
        /** @description A value that VICIdial does not store unchanged: as sent and as stored, or as expected and as found. */
        Warning: {
            field: string;
            /** @enum {unknown} */
            code: "characters_dropped" | "transliterated" | "custom_fields_not_stored" | "field_dropped" | "added_otherwise" | "set_on_found" | "stored_differs" | "not_verified" | "not_done" | "time_zone_assumed" | "other_result";
            /** @description Absent with `stored_differs` and `not_verified`. */
            sent?: string;
            /** @description `stored_differs`: what VICIdial should hold, as the gateway believes. */
            expected?: string;
            /** @description `stored_differs`: what VICIdial holds. */
            found?: string;
            /** @description Absent with `field_dropped`: the field was not set; and if what VICIdial stores is not known. */
            stored?: string;
            /** @description `field_dropped`: the code of the refusal; /problems/<code> explains it. */
            refusal?: string;
            /** @description Why the value is refused, stored otherwise in a new lead, or (`not_verified`) could not be read. */
            detail?: string;
            /** @description With on_multiple "all": the leads that it concerns; absent if it concerns all of them. */
            lead_ids?: number[];
        };
        ResultError: {
            /** @description Stable name; /problems/<code> explains it. */
            code: string;
            field?: string;
            detail: string;
            /** @description Whether the same update may succeed later. */
            retryable: boolean;
            /** @description Leads that the key matches; at most 100. */
            lead_ids?: number[];
        };
        Result: {
            /** @description Place of the update in the request, from 0. */
            index: number;
            lead_id?: number;
            /** @description With on_multiple "all": the updated leads of the key; all of them if some failed. */
            lead_ids?: number[];
            vendor_lead_code?: string;
            phone_number?: string;
            /** @description The lead's code, if it is spelled differently from the key; null if it may be, and could not be read. */
            matched?: string | null;
            /**
             * @description `updated`: VICIdial found the lead and set the values. `added`: no lead had the key, and VICIdial added one. `not_found`: no such lead, or it is in a list that the gateway may not touch. `ambiguous`: the key matches several. `rejected`: refused before anything was sent. `failed`: not made. `unknown`: it may have been made; sending it again is safe. `planned`: dry run. In jobs also `queued`: not yet made; `cancelled`; `superseded`: newer updates of the lead have set all of its fields since. Of a reading: `read`, or `incomplete` if some fields could not be.
             * @enum {unknown}
             */
            status: "updated" | "added" | "not_found" | "ambiguous" | "rejected" | "failed" | "unknown" | "planned" | "queued" | "cancelled" | "superseded" | "read" | "incomplete";
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
            /**
             * @description How `hopper` ended. `being_called`: VICIdial keeps a lead in the hopper that it is calling. `failed`: not done; `unknown`: it may have been. `error` or a warning says why.
             * @enum {unknown}
             */
            hopper?: "added" | "already_there" | "outside_call_time" | "campaign_unknown" | "removed" | "not_there" | "being_called" | "failed" | "unknown";
            /**
             * @description How `callback` ended, as VICIdial says. `failed`: not done; `unknown`: it may have been. `error` says why.
             * @enum {unknown}
             */
            callback?: "added" | "updated" | "removed" | "not_there" | "campaign_unknown" | "user_unknown" | "failed" | "unknown";
            /**
             * @description What VICIdial did with a number that must not be called. `failed`: nothing; `unknown`: it may have been added or removed. `error` says why.
             * @enum {unknown}
             */
            dnc?: "added" | "already_there" | "removed" | "not_there" | "failed" | "unknown";
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
        BatchAnswer: {
            /** @description The request id. */
            id: string;
            /**
             * @description `completed`: all updated, added or read. `partial`: some. `failed`: none. `planned`: dry run.
             * @enum {unknown}
             */
            status: "completed" | "partial" | "failed" | "planned";
            summary: components["schemas"]["Summary"];
            /** @description One per update, in the same order. */
            results: components["schemas"]["Result"][];
            /** @description Dry run: the calls as they would be sent, without user and pass. */
            calls?: {
                function: string;
                params: {
                    [key: string]: string;
                };
            }[];
        };
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
        JobLinks: {
            /** @description Path of the job. */
            self: string;
        };
        Accepted: {
            /** @description The job; null if there was nothing to do. */
            id: string | null;
            /**
             * @description `queued`: stored, and will be delivered. `ignored`: a webhook event that the source ignores.
             * @enum {unknown}
             */
            status: "queued" | "ignored";
            /** @description Updates that were stored. */
            updates: number;
            /** @description Webhook events that the source ignores, or that change nothing. */
            ignored?: number;
            /** @description Webhook events that were stored before, by their ids, and are not stored again. */
            repeated?: number;
            /** @description Why a webhook source with `on_unmapped: accept` could use none of the events. */
            errors?: {
                /** @description JSON Pointer (RFC 6901) into the body. */
                pointer: string;
                code: string;
                detail: string;
            }[];
            links?: components["schemas"]["JobLinks"];
        };
        ReplayedJob: {
            /** @description The job; null if there was nothing to do. */
            id: string | null;
            /**
             * @description `queued`: stored, and will be delivered. `ignored`: a webhook event that the source ignores.
             * @enum {unknown}
             */
            status: "queued" | "ignored";
            /** @description Updates that were stored. */
            updates: number;
            /** @description Webhook events that the source ignores, or that change nothing. */
            ignored?: number;
            /** @description Webhook events that were stored before, by their ids, and are not stored again. */
            repeated?: number;
            /** @description Why a webhook source with `on_unmapped: accept` could use none of the events. */
            errors?: {
                /** @description JSON Pointer (RFC 6901) into the body. */
                pointer: string;
                code: string;
                detail: string;
            }[];
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
            /**
             * @description `queued`: no update has its final result yet. `running`: some updates have their final result. Ended: `completed`: all updated or added. `partial`: some. `failed`: none.
             * @enum {unknown}
             */
            status: "queued" | "running" | "completed" | "partial" | "failed";
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
            /**
             * @description `queued`: no update has its final result yet. `running`: some updates have their final result. Ended: `completed`: all updated or added. `partial`: some. `failed`: none.
             * @enum {unknown}
             */
            status: "queued" | "running" | "completed" | "partial" | "failed";
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
            /** @description Also sets fields that newer updates of the lead have set since. */
            force?: boolean;
        };
        Cancelled: {
            /** @description The job. */
            id: string;
            /** @description Updates that were cancelled. Those in flight are not. */
            cancelled: number;
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
            /**
             * @description As in the result of an update.
             * @enum {unknown}
             */
            status: "updated" | "added" | "not_found" | "ambiguous" | "rejected" | "failed" | "unknown" | "planned" | "queued" | "cancelled" | "superseded" | "read" | "incomplete";
            /** @description The error of VICIdial or the gateway. */
            error?: {
                code: string;
                detail: string;
            };
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
            /** @description Stable name of the problem. */
            code: string;
            /** @description The first 100 faults. */
            errors?: {
                /** @description JSON Pointer (RFC 6901) into the body. */
                pointer: string;
                code: string;
                detail: string;
            }[];
            /** @description The number of all faults. */
            errors_count?: number;
            summary?: components["schemas"]["Summary"];
            results?: components["schemas"]["Result"][];
        };
        Live: {
            /** @enum {string} */
            status: "alive";
        };
        UpstreamState: {
            /**
             * @description What the last calls showed; `unknown` before the first one.
             * @enum {unknown}
             */
            state: "unknown" | "reachable" | "unreachable" | "login_refused" | "locked_out";
            /** Format: date-time */
            since?: string;
        };
        Ready: {
            /** @enum {unknown} */
            status: "ready" | "draining" | "storage_failing";
            vicidial: components["schemas"]["UpstreamState"];
            /** @description The same for each other VICIdial account, by its name. */
            accounts?: {
                [key: string]: components["schemas"]["UpstreamState"];
            };
            outbox: {
                /** @description Updates that were accepted and have no result yet. */
                waiting: number;
                /** @description Stored updates that failed until their retries ended. */
                dead_letters: number;
            };
            /** @description The gateways that share the database, with PostgreSQL. */
            cluster?: {
                /** @description The name of this gateway. */
                gateway: string;
                /** @description The gateway that calls VICIdial; null while there is none. */
                owner: string | null;
                /** @description Grows each time that a gateway takes over. */
                term: number;
                /** @description The gateways that were seen within a day. */
                members: {
                    gateway: string;
                    alive: boolean;
                    seen_seconds_ago: number;
                    /** @description Whether its settings are those of this gateway. */
                    same_configuration: boolean;
                }[];
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type LeadFields = components['schemas']['LeadFields'];
export type Field = components['schemas']['Field'];
export type FieldsAnswer = components['schemas']['FieldsAnswer'];
export type LeadValues = components['schemas']['LeadValues'];
export type Unread = components['schemas']['Unread'];
export type Lead = components['schemas']['Lead'];
export type FoundLeads = components['schemas']['FoundLeads'];
export type LeadKey = components['schemas']['LeadKey'];
export type ReadRequest = components['schemas']['ReadRequest'];
export type ShortReadRequest = components['schemas']['ShortReadRequest'];
export type Hopper = components['schemas']['Hopper'];
export type Callback = components['schemas']['Callback'];
export type Add = components['schemas']['Add'];
export type NewLead = components['schemas']['NewLead'];
export type Update = components['schemas']['Update'];
export type BatchRequest = components['schemas']['BatchRequest'];
export type ShortBatchRequest = components['schemas']['ShortBatchRequest'];
export type Warning = components['schemas']['Warning'];
export type ResultError = components['schemas']['ResultError'];
export type Result = components['schemas']['Result'];
export type Summary = components['schemas']['Summary'];
export type BatchAnswer = components['schemas']['BatchAnswer'];
export type DncRequest = components['schemas']['DncRequest'];
export type JobLinks = components['schemas']['JobLinks'];
export type Accepted = components['schemas']['Accepted'];
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
export type HistoryEntry = components['schemas']['HistoryEntry'];
export type History = components['schemas']['History'];
export type Problem = components['schemas']['Problem'];
export type Live = components['schemas']['Live'];
export type UpstreamState = components['schemas']['UpstreamState'];
export type Ready = components['schemas']['Ready'];
export type $defs = Record<string, never>;
export interface operations {
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Live"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is shutting down, or cannot store anything. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "application/openmetrics-text": string;
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
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
            header?: never;
            path: {
                /** @description The name of a webhook source, as configured. */
                source: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": unknown;
                "application/x-www-form-urlencoded": unknown;
                "multipart/form-data": unknown;
                "text/plain": unknown;
            };
        };
        responses: {
            /** @description With `wait`: all leads were updated. With `answer_status: 200`: also every answer that would be 202 or 207. To a sender that asks whether this is its address: its own challenge. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"] | components["schemas"]["Accepted"] | {
                        [key: string]: string;
                    };
                    "text/plain": string;
                };
            };
            /** @description The updates are stored, and will be delivered; or the source ignores the event. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description With `wait`: some leads were updated, or none was found. */
            207: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description Bad Request: `invalid_json`, `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
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
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listJobs: {
        parameters: {
            query?: {
                status?: "queued" | "running" | "completed" | "partial" | "failed";
                /** @description VICIdial's source. */
                source?: string;
                /** @description 1 to 100; 50 if absent. */
                limit?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of jobs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReplayJob"] | null;
            };
        };
        responses: {
            /** @description They are stored, and will be delivered. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayedJob"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never> | null;
            };
        };
        responses: {
            /** @description How many updates were cancelled. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cancelled"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                job_id?: string;
                /** @description 1 to 100; 50 if absent. */
                limit?: string;
                /** @description `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of dead letters. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeadLetterList"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayDeadLetters: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ReplayDeadLetters"] | null;
            };
        };
        responses: {
            /** @description They are stored, and will be delivered. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replayed"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
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
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the history. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
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
            header?: never;
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
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["History"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    backup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The copy. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.sqlite3": string;
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
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
            header?: never;
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
                    /** @description Changes whenever one of these values does. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lead"];
                };
            };
            /** @description The lead is as it was: it has the ETag of If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchLead: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag of GET /v1/leads/{lead_id}, or an `etag` of POST /v1/leads/read. Only the fields that were read are compared. */
                "if-match"?: string;
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
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Result"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found: `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Precondition Failed: `precondition_failed` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
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
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The leads; none if nothing matches. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundLeads"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addLead: {
        parameters: {
            query?: never;
            header?: never;
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
                    /** @description Path of the lead. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Result"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict`, `lead_exists` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readLeads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReadRequest"] | components["schemas"]["ShortReadRequest"];
            };
        };
        responses: {
            /** @description All leads were read; or a dry run. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description With `Prefer: respond-async`: the request is stored, and the leads will be read. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Some were, or not each of their fields. */
            207: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
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
            header?: never;
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
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Result"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addDncNumbers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DncRequest"];
            };
        };
        responses: {
            /** @description All numbers are there, or the request was a dry run. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description With `Prefer: respond-async`: the numbers are stored, and will be added. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Some numbers are. */
            207: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    batchUpdateLeads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchRequest"] | components["schemas"]["ShortBatchRequest"];
            };
        };
        responses: {
            /** @description All leads were updated, or the request was a dry run. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description With `Prefer: respond-async`: the updates are stored, and will be delivered. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            /** @description Some leads were updated, or VICIdial answered for each with something else. */
            207: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            /** @description Bad Request: `invalid_request`, `invalid_json` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Payload Too Large: `payload_too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity: `idempotency_key_reused`, `all_updates_rejected` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Bad Gateway: `upstream_login_failed`, `upstream_permission_denied`, `upstream_error` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded`, `upstream_locked_out`, `upstream_unproven`, `upstream_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Gateway Timeout: `upstream_timeout` */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFields: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The catalogue. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FieldsAnswer"];
                };
            };
            /** @description Bad Request: `invalid_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `unauthenticated` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `permission_denied` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Timeout: `invalid_request`, the request did not arrive in time */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type: `unsupported_media_type` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests: `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Header Fields Too Large: `invalid_request`, the headers are longer than 16 KiB */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error: `internal_error` */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable: `overloaded` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
