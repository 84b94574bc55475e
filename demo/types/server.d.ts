// Written by `manage.py meanwhile_types` from the controllers' annotations: change those, and run it again.

declare namespace Meanwhile {
    interface Airport {
        code: string;
        city: string;
        country: string;
    }

    /** How full a flight is, and what its taken seats cost. */
    interface FlightLoad {
        flight: string;
        seats: number;
        taken: number;
        value: string;
    }

    interface LoadReport {
        built: string;
        flights: FlightLoad[];
    }

    /** What pages can call: the server of the queue's promise face. */
    interface Controllers {
        /** Finds airports. */
        airport: {
            /** Return the airports that fit what is typed so far, the best first, after a moment of thinking. */
            search: Call<{
                text: string;
                /** @default 8 */
                most?: number;
            }, Airport[]>;
        };
        /** Says what it is told. */
        echo: {
            /** Return the message, after a second. */
            echo: Call<{
                message: string;
            }, string>;
        };
        /** Reports that take longer than anybody waits in front of a page. They are for people who are logged in. */
        report: {
            /**
             * Count the seats of every flight, row by row (slow) or flight by flight (quick).
             *
             * Runs in the background for every caller. Durable: it is queued, and can be resumed by its id.
             */
            build: FreeCall<{
                /** @default "row" */
                by?: "row" | "flight";
            }, LoadReport, DurableOptions> & Resumable<LoadReport>;
        };
        /**
         * What the editor's page calls. Operations and conditions come as JSON texts: they may be nested deep.
         *
         * A tree that there is not and one that the person may not see are refused alike. Methods that change the draft take
         * the ``revision`` that they are meant for, and answer with ``{"state": …}``, or with ``{"conflict": …}`` where
         * somebody else was faster: then nothing was changed.
         */
        studio: {
            /** Say in words when a scheduled tree fires, and its next times. */
            coming: Call<{
                tree: string;
                times: string;
            }, Record<string, unknown>>;
            /** Make the draft what is published; it can be undone. */
            discard: Call<{
                tree: string;
                revision: number;
                /** @default "" */
                person?: string;
            }, Record<string, unknown>>;
            /**
             * Do an operation of the editor to the draft; what the page showed then is as in `beside.MadeOn`.
             *
             * The answer ``{"wanted": "view"}`` asks for the same with ``view``: nothing was done.
             */
            edit: Call<{
                tree: string;
                operation: string;
                revision: number;
                /** @default "" */
                person?: string;
                /** @default "" */
                before?: string;
                /** @default "" */
                view?: string;
                /** @default "" */
                id?: string;
            }, Record<string, unknown>>;
            /** Return the fields of a record type that are open to the Studio. */
            fields: Call<{
                model: string;
            }, Record<string, unknown>[]>;
            /** Return the form of a node, with the revision that it is of: the one that the page shows, if that is known. */
            form: Call<{
                tree: string;
                path: string;
                /** @default 0 */
                revision?: number;
            }, Record<string, unknown>>;
            /** Return in words what still waits of the tree; empty if nothing. */
            in_use: Call<{
                tree: string;
            }, string>;
            /** Say how many records a condition would match. */
            matching: Call<{
                tree: string;
                condition: string;
            }, Record<string, unknown>>;
            /** Return where a node can be moved to: places, with words. */
            move_targets: Call<{
                tree: string;
                path: string;
            }, [string, string][]>;
            /** Return what others have done to the draft since a revision; empty if nothing. */
            news: Call<{
                tree: string;
                revision: number;
                /** @default "" */
                select?: string;
            }, Record<string, unknown>>;
            /** Return all that the editor shows. */
            open: Call<{
                tree: string;
                /** @default "" */
                select?: string;
            }, Record<string, unknown>>;
            /** Return ``users`` or ``groups`` to write to, by name and title, and a note as above. */
            people: Call<{
                kind: string;
                /** @default "" */
                search?: string;
            }, Record<string, unknown>>;
            /** Return an e-mail as it would be written for a record; nothing is sent. */
            preview_mail: Call<{
                tree: string;
                path: string;
                record: string;
            }, Record<string, unknown>>;
            /** Return a request as it would be sent for a record, without secrets; nothing is called. */
            preview_webhook: Call<{
                tree: string;
                path: string;
                record: string;
            }, Record<string, unknown>>;
            /** Publish the draft of this revision. */
            publish: Call<{
                tree: string;
                revision: number;
                /** @default "" */
                comment?: string;
                /** @default "" */
                person?: string;
                /** @default "" */
                select?: string;
            }, Record<string, unknown>>;
            /** Return what people read for the records of these keys. */
            record_names: Call<{
                model: string;
                keys: string[];
            }, Record<string, string>>;
            /** Return records to choose from, by key and title, and a note where not all were searched. */
            records: Call<{
                model: string;
                /** @default "" */
                search?: string;
            }, Record<string, unknown>>;
            /** Do the edit again that was undone last. */
            redo: Call<{
                tree: string;
                revision: number;
                /** @default "" */
                person?: string;
                /** @default "" */
                select?: string;
            }, Record<string, unknown>>;
            /** Switch the tree on or off. */
            set_enabled: Call<{
                tree: string;
                enabled: boolean;
            }, Record<string, unknown>>;
            /** Take the tree out of use for good, or back into use. */
            set_retired: Call<{
                tree: string;
                retired: boolean;
            }, Record<string, unknown>>;
            /** Take the last edit back. */
            undo: Call<{
                tree: string;
                revision: number;
                /** @default "" */
                person?: string;
                /** @default "" */
                select?: string;
            }, Record<string, unknown>>;
            /** Say for how many records a scheduled tree would fire now. */
            would_fire: Call<{
                tree: string;
                where: string;
            }, Record<string, unknown>>;
        };
    }

    /** What may be said of one call. */
    interface CallOptions {
        /** Dropped before it is sent when its owner is gone by then. */
        abortable?: boolean;
        /** An idempotent read: shared by identical calls and stored; `fresh` is in seconds. */
        storable?: boolean | { fresh?: number };
        /** May be sent again when the connection broke. */
        idempotent?: boolean;
        /** Ends the call as ABORTED. */
        signal?: AbortSignal;
        /** Milliseconds after which the call ends as INCOMPLETE. */
        timeout?: number;
        /** On whose behalf it is made. */
        owner?: { isValid(): boolean };
        /** Is told how far the action is: 0 to 1, or null where that can't be known. */
        onProgress?: (fraction: number | null, text: string) => void;
        /** Is told the value when a stored answer was given first and another came. */
        onRefresh?: (value: any) => void;
    }

    /** What may be said of one call of a durable action. */
    interface DurableOptions extends CallOptions {
        /** Is given the id under which the action can be resumed, as soon as it is queued. */
        onDurable?: (id: string) => void;
    }

    /** An action: called as it is in the foreground, by `background` in the background. Rejects with an ActionError. */
    interface Call<Params, Result, Options = CallOptions> {
        (params: Params, options?: Options): Promise<Result>;
        background(params: Params, options?: Options): Promise<Result>;
    }

    /** An action that needs no parameters. */
    interface FreeCall<Params, Result, Options = CallOptions> {
        (params?: Params, options?: Options): Promise<Result>;
        background(params?: Params, options?: Options): Promise<Result>;
    }

    /** What a durable action has besides. */
    interface Resumable<Result> {
        /** Go on waiting for a call that was made earlier, also on a page that is gone. */
        resume(id: string, options?: CallOptions): Promise<Result>;
    }
}

declare module "meanwhile*" {
    export const server: Meanwhile.Controllers;
    export const queue: any;
    export const ActionError: any;
    export const createQueue: any;
    export const createServer: any;
    export const createStorage: any;
}

declare module "meanwhile/client.js*" {
    export const server: Meanwhile.Controllers;
    export const queue: any;
    export const ActionError: any;
    export const createQueue: any;
    export const createServer: any;
    export const createStorage: any;
}

declare module "*/meanwhile/client.js" {
    export const server: Meanwhile.Controllers;
    export const queue: any;
    export const ActionError: any;
    export const createQueue: any;
    export const createServer: any;
    export const createStorage: any;
}

declare module "meanwhile/*";
declare module "*/meanwhile/classic.js";
declare module "*/meanwhile/follow.js";
declare module "*/meanwhile/inspector.js";
declare module "*/meanwhile/queue.js";
declare module "*/meanwhile/server.js";
declare module "*/meanwhile/storage.js";
