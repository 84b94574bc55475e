"""The files of `meanwhile_types`: what an editor knows of the controllers, and what the compiler flags."""

# Annotations are real here: pages' types are made from them.
import enum
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from meanwhile.remote import Controller, action, background_action, registry
from meanwhile.remote.types import JSON_SCHEMA, TYPESCRIPT, files
from tests.conftest import REQUIRE_ALL
from tests.shop.models import Booking

ROOT = Path(__file__).resolve().parents[3]
BROWSER = ROOT / "src" / "meanwhile" / "static" / "meanwhile"


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Passenger(BaseModel):
    """Who flies."""

    name: str = Field(description="As in the passport.")
    born: date | None = None
    luggage: list[Decimal] = []
    companions: list["Passenger"] = []


@dataclass
class Seat:
    number: str
    color: Color = Color.RED
    near: tuple[int, int] | None = None
    notes: dict[str, str] = field(default_factory=dict)


class Point(NamedTuple):
    x: float
    y: float


class Call(TypedDict):
    """Has the name of one of the file's own types."""

    at: datetime


class SayController(Controller):
    """Says again what was said. */ alert(1) /*"""

    @action
    def echo(self, message: str) -> str:
        """Return the message."""
        return message

    @action
    def nothing(self) -> None: ...

    @action
    def whatever(self, value, mood: Literal["good", "bad"] = "good"):
        return value


class FlightController(Controller):
    @action
    def book(
        self,
        passengers: list[Passenger],
        seat: Seat,
        cabin: Literal["economy", "first"] = "economy",
        discount: Annotated[Decimal | None, Field(description="In percent.")] = None,
        *,
        reference: UUID | None = None,
    ) -> Passenger:
        """Book a flight.

        All passengers sit together.
        """
        raise NotImplementedError

    @action
    def move(self, booking: Booking, to: Point, by: tuple[int, ...] = ()) -> Booking:
        return booking

    @action
    def calls(self, calls: dict[int, Call], raw: bytes = b"", thing: object = None) -> set[Color]:
        return set()

    @background_action(durable=True)
    async def report(self, year: int, deep: bool = False) -> dict[str, Decimal]:
        """Build the report."""
        return {}

    def not_reachable(self, secret: str) -> str:
        return secret


@pytest.fixture(autouse=True)
def _controllers() -> Iterator[None]:
    with registry.registered(FlightController, SayController):
        yield


def written(*controllers: type[Controller]) -> dict[str, str]:
    names = {action.rpartition(".")[0] for action in registry.current().actions()}
    wanted = {"say", "flight"} & names
    return files(a for n, a in registry.current().actions().items() if n.rpartition(".")[0] in wanted)


def test_the_declarations_say_what_the_annotations_say() -> None:
    text = written()[TYPESCRIPT]
    for line in [
        "echo: Call<{\n                message: string;\n            }, string>;",
        "nothing: FreeCall<Record<string, never>, null>;",
        "/** Return the message. */",
        'cabin?: "economy" | "first";',
        "discount?: string | null;",
        "reference?: string | null;",
        "passengers: PassengerInput[];",
        "}, PassengerOutput>;",
        'type Color = "red" | "green";',
        "near?: [number, number] | null;",
        "luggage?: string[];",
        "companions?: PassengerInput[];",
        "companions: PassengerOutput[];",
        "to: Point;",
        "type Point = [number, number];",
        "by?: number[];",
        "booking: number;",
        'model: "shop.Booking";',
        "calls: Record<string, Call_>;",
        "value: unknown;",
        "}, Color[]>;",
        "}, Record<string, string>, DurableOptions> & Resumable<Record<string, string>>;",
        "/** As in the passport. */",
        "* @default null",
        "* All passengers sit together.",
    ]:
        assert line in text, f"{line}\n\n{text}"
    assert "not_reachable" not in text


def test_a_docstring_can_t_end_its_comment() -> None:
    assert "/** Says again what was said. *\\/ alert(1) /* */" in written()[TYPESCRIPT]


class Record(BaseModel):
    """Has the name of a type of the language that the file uses."""

    counts: dict[str, int]


def test_a_type_called_like_one_of_the_language_does_not_hide_it() -> None:
    class KeepController(Controller):
        @action
        def keep(self, record: Record) -> dict[str, int]:
            return record.counts

    with registry.registered(KeepController):
        text = files([registry.current().actions()["keep.keep"]])[TYPESCRIPT]
    assert "record: Record_;" in text
    assert "}, Record<string, number>>;" in text


def test_a_default_that_json_can_not_tell_is_left_out() -> None:
    class LimitController(Controller):
        @action
        def limit(self, to: float = float("inf"), least: float = 1.5) -> float:
            return to

    with registry.registered(LimitController):
        text = files([registry.current().actions()["limit.limit"]])[JSON_SCHEMA]
    assert "Infinity" not in text
    assert '"default": 1.5' in text


def test_the_texts_depend_on_the_names_alone() -> None:
    bound = list(registry.current().actions().values())
    assert files(bound) == files(reversed(bound))


def test_the_schema_holds_every_action_with_parameters_and_result() -> None:
    schema = json.loads(written()[JSON_SCHEMA])
    flight = schema["properties"]["flight"]["properties"]
    assert list(flight) == ["book", "calls", "move", "report"]
    report = flight["report"]
    assert (report["x-lane"], report["x-durable"]) == ("background", True)
    params = report["properties"]["params"]
    assert params["required"] == ["year"]
    assert params["additionalProperties"] is False
    assert params["properties"]["deep"] == {"default": False, "type": "boolean"}
    assert schema["$defs"]["Seat"]["properties"]["color"] == {"$ref": "#/$defs/Color", "default": "red"}


def test_the_command_writes_both_files_and_checks_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "types"
    with pytest.raises(CommandError, match=f"Out of date: .*{TYPESCRIPT}.*meanwhile_types --out"):
        call_command("meanwhile_types", out=str(out), check=True)
    assert not out.exists()
    call_command("meanwhile_types", out=str(out))
    assert {path.name for path in out.iterdir()} == {TYPESCRIPT, JSON_SCHEMA}
    call_command("meanwhile_types", out=str(out), check=True)
    assert "up to date" in capsys.readouterr().out
    (out / TYPESCRIPT).write_text("old")
    with pytest.raises(CommandError, match=TYPESCRIPT):
        call_command("meanwhile_types", out=str(out), check=True)


def test_an_annotation_that_is_not_there_is_named(tmp_path: Path) -> None:
    class LostController(Controller):
        @action
        def find(self, thing: "Nowhere") -> None: ...  # noqa: F821 - the point

    with (
        registry.registered(LostController),
        pytest.raises(CommandError, match=r"find.*'Nowhere' is not defined"),
    ):
        call_command("meanwhile_types", out=str(tmp_path))


PAGE = """\
import { server } from "%(module)s";

const said = await server.say.echo({ message: "hi" });
said.toUpperCase();
await server.say.nothing();
await server.say.whatever({ value: 3 });
await server.say.echo.background({ message: "hi" }, { timeout: 100, signal: new AbortController().signal });
const one = await server.flight.book({ passengers: [{ name: "Ada", born: null }], seat: { number: "1A" } });
one.companions.map((other) => other.name);
const built = await server.flight.report.background({ year: 2026 }, { onDurable: (id) => id.length });
built["de"].trim();
await server.flight.report.resume("7", { onProgress: (fraction) => fraction });
/** @type {Meanwhile.Color} */
const red = "red";
await server.flight.move({ booking: 1, to: [1, 2], by: [3] });
"""
WRONG = [
    "server.say.echo({ message: 3 });",
    "server.say.echo({});",
    "server.say.echo();",
    'server.say.echo({ message: "hi", other: 1 });',
    'server.say.whatever({ value: 1, mood: "so so" });',
    'server.flight.book({ passengers: [{}], seat: { number: "1A" } });',
    'server.flight.book({ passengers: [], seat: { number: "1A", color: "blue" } });',
    'server.flight.book({ passengers: [], seat: { number: "1A" }, discount: 3 });',
    'server.flight.move({ booking: "1", to: [1, 2] });',
    "server.flight.move({ booking: 1, to: [1, 2, 3] });",
    'server.say.echo.resume("7");',
    "server.flight.not_reachable({});",
    "server.nobody.echo({});",
    "(await server.say.echo({ message: 'hi' })).nothing;",
]


def typescript_compiler() -> str | None:
    """`tsc`: MEANWHILE_TSC, the one of the project's own package.json, or one on PATH."""
    local = ROOT / "node_modules" / ".bin" / "tsc"
    return os.environ.get("MEANWHILE_TSC") or (str(local) if local.exists() else shutil.which("tsc"))


def compile_(folder: Path, page: str, **options: Any) -> str:
    tsc = typescript_compiler()
    if tsc is None and not REQUIRE_ALL:
        pytest.skip("no TypeScript (npm install, or MEANWHILE_TSC)")
    assert tsc is not None, "no TypeScript: run npm install, or name tsc in MEANWHILE_TSC"
    (folder / "page.js").write_text(page)
    for name, text in written().items():
        (folder / name).write_text(text)
    strict = {"checkJs": True, "allowJs": True, "strict": True, "noEmit": True, "module": "esnext", "target": "esnext"}
    config = {
        "compilerOptions": {**strict, "moduleResolution": "bundler", "lib": ["esnext", "dom"], **options},
        "files": ["page.js", TYPESCRIPT],
    }
    (folder / "tsconfig.json").write_text(json.dumps(config))
    done = subprocess.run(
        [tsc, "--project", str(folder), "--pretty", "false"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


# By the import map; by an address; and with the modules' sources in the compiler's reach.
WAYS = {
    "named": ("meanwhile", {}),
    "relative": ("../static/meanwhile/client.js", {}),
    "absolute": ("/static/meanwhile/client.js", {}),
    "sources": ("meanwhile", {"paths": {"meanwhile": [str(BROWSER / "client.js")]}}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_right_page_passes_the_compiler(tmp_path: Path, way: str) -> None:
    module, options = WAYS[way]
    assert compile_(tmp_path, PAGE % {"module": module}, **options) == ""


@pytest.mark.parametrize("place", ["meanwhile/", "./meanwhile/", "/static/meanwhile/"])
def test_the_other_modules_can_be_imported_too(tmp_path: Path, place: str) -> None:
    page = f"""
        import {{ createComponent }} from "{place}classic.js";
        import {{ ActionError, server }} from "{place}client.js";
        createComponent({{}});
        await server.say.echo({{ message: "hi" }}).catch((error) => error instanceof ActionError);
    """
    assert compile_(tmp_path, page) == ""


@pytest.mark.parametrize("way", ["named", "sources"])
def test_each_wrong_call_is_flagged(tmp_path: Path, way: str) -> None:
    module, options = WAYS[way]
    page = "\n".join([f'import {{ server }} from "{module}";', *WRONG])
    found = compile_(tmp_path, page, **options)
    flagged = {int(line.partition("(")[2].partition(",")[0]) for line in found.splitlines() if "page.js(" in line}
    assert flagged == set(range(2, len(WRONG) + 2)), found
