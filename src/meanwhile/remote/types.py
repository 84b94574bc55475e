"""The types of all controllers for an editor and for `tsc`: a `.d.ts` file and a JSON Schema (client actions, "The
server's side": types for the client)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from meanwhile.remote.bound import BoundAction
from meanwhile.remote.import_map import CLIENT, FOLDER, MODULES
from meanwhile.remote.types_schema import Described, DescribedAction, Schema, as_json_schema, describe
from meanwhile.remote.types_typescript import INDENT, comment, members, name, type_name, type_of

TYPESCRIPT, JSON_SCHEMA = "server.d.ts", "server.schema.json"
"""The names of the two files."""

HEAD = """\
// Written by `manage.py meanwhile_types` from the controllers' annotations: change those, and run it again.
"""

FACE = """\
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
"""

CLIENT_MODULE = """\
declare module "{place}" {{
    export const server: Meanwhile.Controllers;
    export const queue: any;
    export const ActionError: any;
    export const createQueue: any;
    export const createServer: any;
    export const createStorage: any;
}}
"""
WAYS_TO_CLIENT = ("meanwhile*", "meanwhile/client.js*", f"*/{FOLDER}{CLIENT}")
"""How pages import it, as patterns: a compiler looks at these only where it can't find the module itself."""

TAKEN = {
    *("Call", "CallOptions", "Controllers", "DurableOptions", "FreeCall", "Resumable"),
    *("AbortSignal", "Promise", "Record"),
}
"""Names that are used in the file itself, those of the language among them."""


def files(actions: Iterable[BoundAction]) -> dict[str, str]:
    """Return the texts of the two files by name. Raises `TypeError` for an annotation that can't be used."""
    described = describe(actions)
    return {TYPESCRIPT: typescript(described), JSON_SCHEMA: schema_text(as_json_schema(described))}


def schema_text(schema: Schema) -> str:
    """Return a JSON Schema as the text of a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def typescript(described: Described) -> str:
    """Return the text of the `.d.ts` file.

    It declares everything in the global namespace `Meanwhile`, so that it needs no import: the browser's modules read
    `Meanwhile.Controllers`, and pages may name any shared type (`Meanwhile.Item`).
    """
    names = _names(described.definitions)
    lines = [HEAD, "declare namespace Meanwhile {"]
    for definition, schema in described.definitions.items():
        lines += [*_shared(names[definition], schema, names), ""]
    lines += [*_controllers(described, names), "", FACE.rstrip("\n"), "}", ""]
    return "\n".join(lines) + "\n" + _modules()


def _modules() -> str:
    """Return declarations for a compiler that can't find the modules; where it can, they use Meanwhile.Controllers."""
    clients = [CLIENT_MODULE.format(place=place) for place in WAYS_TO_CLIENT]
    others = [f"*/{FOLDER}{module}" for module in MODULES if module != CLIENT]
    return "\n".join([*clients, *(f'declare module "{place}";' for place in ("meanwhile/*", *others)), ""])


def _names(definitions: Mapping[str, Schema]) -> dict[str, str]:
    """Return a name for each shared type, none of them twice."""
    names: dict[str, str] = {}
    for definition in definitions:
        wanted = type_name(definition)
        while wanted in TAKEN or wanted in names.values():
            wanted += "_"
        names[definition] = wanted
    return names


def _shared(named: str, schema: Schema, names: Mapping[str, str]) -> list[str]:
    told = comment(str(schema.get("description", "")), 1)
    if schema.get("type") == "object" and schema.get("properties"):
        body = members(schema["properties"], schema.get("required", ()), names.__getitem__, 2)
        return [*told, f"{INDENT}interface {named} {{", *body, f"{INDENT}}}"]
    return [*told, f"{INDENT}type {named} = {type_of(schema, names.__getitem__, 1)};"]


def _controllers(described: Described, names: Mapping[str, str]) -> list[str]:
    lines = [*comment("What pages can call: the server of the queue's promise face.", 1)]
    lines.append(f"{INDENT}interface Controllers {{")
    for controller in described.controllers:
        lines += [*comment(controller.doc, 2), f"{INDENT * 2}{name(controller.name)}: {{"]
        for action in controller.actions:
            lines += [*comment(_told(action), 3), f"{INDENT * 3}{name(action.name)}: {_call(action, names)};"]
        lines.append(f"{INDENT * 2}}};")
    return [*lines, f"{INDENT}}}"]


def _call(action: DescribedAction, names: Mapping[str, str]) -> str:
    taken = {"type": "object", "properties": action.parameters, "required": action.required}
    params = type_of(taken | {"additionalProperties": False}, names.__getitem__, 3)
    result = type_of(action.result, names.__getitem__, 3)
    kind = "Call" if action.required else "FreeCall"
    if not action.durable:
        return f"{kind}<{params}, {result}>"
    return f"{kind}<{params}, {result}, DurableOptions> & Resumable<{result}>"


def _told(action: DescribedAction) -> str:
    lane = "Runs in the background for every caller." if action.lane == "background" else ""
    durable = "Durable: it is queued, and can be resumed by its id." if action.durable else ""
    return "\n\n".join(filter(None, [action.doc, " ".join(filter(None, [lane, durable]))]))
