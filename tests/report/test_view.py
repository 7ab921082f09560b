"""`probes view`: who gets an answer from its server, and that it renews itself."""

import http.client
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from probes.downstream import conclude
from probes.errors import RunError, UsageError
from probes.report.server import HOST, CachedPage, ReportServer, serving
from tests import browser as browsers
from tests.downstream import planted_predictions as planted
from tests.run_folders import LEFT, RIGHT, cut, instrument, run

Command = Callable[..., tuple[int, str, str]]
pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.usefixtures("pictureless")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two models."""
    given = {"left": LEFT, "right": RIGHT}
    return run(tmp_path_factory.mktemp("view") / "run", given, instrument() | {"language": "en"})


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """The same run, of which the second model has only begun."""
    copied = Path(shutil.copytree(whole, tmp_path / "run"))
    cut(copied, "right", 40)
    return copied


@pytest.fixture
def server(folder: Path) -> Iterator[ReportServer]:
    with serving(folder) as found:
        yield found


def asked(server: ReportServer, path: str, host: str = "") -> tuple[int, bytes]:
    """Status and body of an answer."""
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=30)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", host or f"{HOST}:{server.server_port}")
    connection.endheaders()
    reply = connection.getresponse()
    found = reply.status, reply.read()
    connection.close()
    return found


@pytest.mark.slow
def test_the_token_opens_the_report_and_its_state(server: ReportServer) -> None:
    token = server.viewed.token
    status, page = asked(server, f"/{token}/")
    assert status == 200
    assert b"This run has not ended" in page
    assert asked(server, f"/{token}/state") == (200, server.viewed.state().encode())


def test_without_the_token_nothing_is_found(server: ReportServer) -> None:
    token = server.viewed.token
    wrong = ("/", "/state", f"/{token}", f"/{token[:-1]}/", f"/{token}x/", f"/{token}/../state")
    for path in (*wrong, f"/{token}/run.yaml", f"/x/{token}/", "/%00/"):
        assert asked(server, path) == (404, b"not found\n"), path


@pytest.mark.slow
def test_a_name_that_points_at_this_machine_gets_nothing(server: ReportServer) -> None:
    """DNS rebinding: a page of another site asks under its own name."""
    path, port = f"/{server.viewed.token}/", server.server_port
    assert asked(server, path, "evil.example")[0] == 404
    assert asked(server, path, f"evil.example:{port}")[0] == 404
    assert asked(server, path, f"localhost:{port}")[0] == 200


def test_only_this_machine_is_listened_to_and_tokens_are_no_guess(server: ReportServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    tokens = {CachedPage(Path()).token for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens)


@pytest.mark.slow
def test_the_page_is_made_again_only_when_the_folder_changed(
    server: ReportServer, whole: Path
) -> None:
    before = server.viewed.page()
    assert server.viewed.page() is before
    name = "answers/right.jsonl"
    shutil.copyfile(whole / name, server.viewed.path / name)
    after = server.viewed.page()
    assert b"This run has not ended" in before
    assert b"This run has not ended" not in after


@pytest.mark.slow
def test_a_folder_that_is_damaged_meanwhile_is_told_and_looked_at_again(
    server: ReportServer,
) -> None:
    (server.viewed.path / "run.yaml").rename(server.viewed.path / "away")
    told = asked(server, f"/{server.viewed.token}/")[1]
    assert b"has no run.yaml" in told
    assert b'http-equiv="refresh"' in told
    (server.viewed.path / "away").rename(server.viewed.path / "run.yaml")
    assert b"This run has not ended" in asked(server, f"/{server.viewed.token}/")[1]


@pytest.mark.parametrize("name", ["run.yaml", "set.yaml", "protocol.yaml"])
@pytest.mark.parametrize("text", ["", "[1", "models: [{}]", "\0"])
def test_whatever_becomes_of_a_file_of_the_folder_is_told(
    server: ReportServer, name: str, text: str
) -> None:
    """A sentence in a page, never an empty reply."""
    (server.viewed.path / name).write_text(text)
    status, told = asked(server, f"/{server.viewed.token}/")
    assert status == 200
    assert name.encode() in told
    assert b'http-equiv="refresh"' in told


@pytest.mark.slow
def test_viewing_writes_nothing(server: ReportServer) -> None:
    files = {p: p.stat().st_mtime_ns for p in server.viewed.path.rglob("*")}
    asked(server, f"/{server.viewed.token}/")
    assert {p: p.stat().st_mtime_ns for p in server.viewed.path.rglob("*")} == files


def test_what_cannot_be_shown_is_said_before_anything_is_served(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="not the folder of a run"), serving(tmp_path):
        pass


@pytest.mark.slow
def test_classifiers_stand_beside_the_models_and_their_tables_renew_the_page(
    whole: Path, tmp_path: Path
) -> None:
    """As in `probes report --downstream`; what is wrong with their folder is said at once."""
    hate = planted.folder(tmp_path / "hate", units=12)
    with pytest.raises(RunError, match="is not there"), serving(whole, 0, hate):
        pass
    conclude.placed(hate)
    with serving(whole, 0, hate) as server:
        before = server.viewed.page()
        assert b"What a leaning does downstream" in before
        assert server.viewed.page() is before
        assert server.viewed.state().encode() in before
        os.utime(hate / "contrasts.csv", ns=(1, 1))
        assert server.viewed.state().encode() not in before
    with serving(whole) as server:
        assert b"What a leaning does downstream" not in server.viewed.page()


def test_the_command_hands_the_folder_on(monkeypatch: pytest.MonkeyPatch, command: Command) -> None:
    given = list[object]()

    def serve(*words: object) -> None:
        given.extend(words)
        raise UsageError("asked")

    monkeypatch.setattr("probes.report.server.serving", serve)
    assert command("view", "run", "--downstream", "hate")[0] == 2
    assert given == [Path("run"), 0, Path("hate")]


@pytest.mark.slow
def test_a_port_that_is_taken_is_one_sentence(server: ReportServer) -> None:
    with (
        pytest.raises(UsageError, match=r"--port \d+: "),
        serving(server.viewed.path, server.server_port),
    ):
        pass
    with pytest.raises(UsageError, match="--port 70000: "), serving(server.viewed.path, 70000):
        pass


@pytest.mark.slow
def test_the_page_renews_itself_and_the_reader_stays_in_place(
    server: ReportServer, whole: Path, browser: Browser
) -> None:
    local = (*browsers.LOCAL, server.address)
    with browsers.page(browser, local) as page:
        browsers.opened(page, server.address)
        assert page.locator("#going").is_visible()
        page.locator("#model-choice").select_option("1")
        page.evaluate("scrollTo(0, 900)")
        page.wait_for_timeout(100)
        name = "answers/right.jsonl"
        shutil.copyfile(whole / name, server.viewed.path / name)
        page.wait_for_selector("#going", state="detached")
        page.wait_for_selector("html[data-opened][data-chart]")
        page.wait_for_function("Math.abs(scrollY - 900) < 3")
        assert page.locator("#model-choice").input_value() == "1"
        assert "right:" in page.locator("#model-detail caption").inner_text()


@pytest.mark.slow
def test_ctrl_c_ends_it_with_one_line(folder: Path) -> None:
    words = [sys.executable, "-m", "probes", "view", str(folder), "--no-browser"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        # What runs in a shell's background does not heed it, nor would its children.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith(f"http://{HOST}:")
        assert "Ctrl-C" in child.stdout.readline()
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 0
    assert said == "no longer shown; the run folder is as it was\n"
