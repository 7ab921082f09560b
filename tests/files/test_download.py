"""Texts that are fetched: what is asked, what is kept, and every way in which it can go wrong."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import SetError, UsageError
from probes.files import download, public_host
from probes.instruments import borrowed, sets
from tests.web import Server, serving

ITEMS = ("Rents should be capped.", "Taxes should fall.", "Trade should be free.")
SCRIPT = (
    "questions = [\n"
    + "".join(f'  {{"question": "{t}", "effect": {{"economic": 1}}}}, // so\n' for t in ITEMS)
    + "];\n"
).encode()
SHA256 = hashlib.sha256(SCRIPT).hexdigest()
PATIENCE = 0.4
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a server that has SCRIPT."""
    with serving(SCRIPT) as address:
        yield address


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, impatience, and a proxy that must not be asked."""
    monkeypatch.setenv("PROBES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv(public_host.LOCAL, "127.0.0.1")
    monkeypatch.setattr(download, "SILENCE", PATIENCE)
    monkeypatch.setattr(download, "PATIENCE", PATIENCE)
    Server.asked = []
    return tmp_path / "cache" / "texts"


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy in the environment, and no host of one's own."""
    for name in ("https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv(public_host.LOCAL, raising=False)


def written(folder: Path, url: str, **changes: str) -> Path:
    """A set that borrows three texts from `url`."""
    hashes = map(borrowed.text_hash, ITEMS)
    lines = [
        f'  - {{id: s{n}, text_hash: "{known}", effects: {{economic: {weight}}}}}'
        for n, (known, weight) in enumerate(zip(hashes, (-1, 1, 1), strict=True))
    ]
    content = (
        "name: lent\ntitle: Lent\nlanguage: en\nlicence: MIT\n"
        "axes: {economic: {negative: left, positive: right}}\n"
        f"text_from: {{url: '{url}', sha256: {SHA256}, reader: javascript}}\n"
        "statements:\n" + "\n".join(lines) + "\n"
    )
    for old, new in changes.items():
        assert old in content
        content = content.replace(old, new)
    path = folder / "lent.yaml"
    path.write_text(content)
    return path


def there(cache: Path) -> list[str]:
    """What the cache holds, however it is named."""
    return sorted(p.name for p in cache.rglob("*")) if cache.exists() else []


def test_texts_are_fetched_once_and_kept(server: str, cache: Path, tmp_path: Path) -> None:
    """On first use; from then on nothing is asked."""
    path = written(tmp_path, f"{server}/good.js")
    assert tuple(s.text for s in sets.load(path).statements) == ITEMS
    assert there(cache) == [f"{SHA256}.js"]
    assert sets.load(path) == sets.load(path)
    assert Server.asked == ["/good.js"]


def test_a_redirect_on_the_same_footing_is_followed(
    server: str, cache: Path, tmp_path: Path
) -> None:
    """And the file at its end is checked like any other."""
    found = sets.load(written(tmp_path, f"{server}/redirect.js"))
    assert len(found.statements) == 3
    assert Server.asked == ["/redirect.js", "/good.js"]
    assert there(cache) == [f"{SHA256}.js"]


FAULTS = {
    "nothing there": ("404.js", "the server answers 404 Not Found"),
    "cut off": ("truncated.js", "broke off after 40 of"),
    "cut off without saying so": ("cut.js", "the file there is another one"),
    "changed": ("changed.js", "the file there is another one"),
    "silent": ("slow.js", "too slow"),
    "never done": ("trickle.js", "too slow"),
    "too large": ("large.js", "larger than 2,000 bytes"),
    "sent to plain http": ("away.js", "by https:// only"),
    "sent to a file": ("file.js", "to no web address"),
    "sent in a circle": ("loop.js", "redirects without end"),
    "another protocol": ("nonsense.js", "broke off"),
}


@pytest.mark.parametrize(("name", "part"), FAULTS.values(), ids=FAULTS)
def test_a_fault_on_the_way_is_one_sentence_and_keeps_nothing(
    name: str,
    part: str,
    server: str,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It names the set, the address, and the way out."""
    monkeypatch.setattr(download, "LIMIT", 2000)
    with pytest.raises(SetError) as error:
        sets.load(written(tmp_path, f"{server}/{name}"))
    said = str(error.value)
    assert part in said
    assert said.startswith(f"the texts of lent: {server}/{name}")
    assert "--text FILE" in said
    assert "\n" not in said
    assert there(cache) == []


def test_nobody_at_the_address_is_one_sentence(cache: Path, tmp_path: Path) -> None:
    """A closed port, as a machine without network has it."""
    with pytest.raises(SetError, match=r"cannot be reached: .*--text FILE"):
        sets.load(written(tmp_path, "http://127.0.0.1:9/good.js"))
    assert there(cache) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.js",
        "http://127.0.0.1.example.com/a.js",
        "http://127.0.0.1@example.com/a.js",
        "ftp://example.com/a.js",
        "file:///etc/passwd",
        "../../etc/passwd",
        "https:///a.js",
        "https://[::1/a.js",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_https_is_refused_unasked(
    url: str, cache: Path, tmp_path: Path
) -> None:
    """With the file, the key, and what would be right."""
    with pytest.raises(SetError, match=r"lent\.yaml: text_from: .* by https:// only"):
        sets.load(written(tmp_path, url))
    assert there(cache) == []


def test_https_is_allowed_and_may_not_lead_back_here() -> None:
    """A page must not send a user's machine to what only that machine can see."""
    public_host.require_https("https://example.com/a.js")
    public_host.require_https("https://example.org/a.js", before="https://example.com/a.js")
    for url in ("http://127.0.0.1/a.js", "http://example.com/a.js"):
        with pytest.raises(SetError, match="redirects to"):
            public_host.require_https(url, before="https://example.com/a.js")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:80", "[::1]", "localhost", "a.localhost", "10.0.0.1", "192.168.1.1", "0"),
        *("172.16.0.9", "169.254.169.254", "[fe80::1]", "2130706433", "0x7f000001", "0x7f.1"),
        *("[::ffff:127.0.0.1]", "printer.local", "metadata.google.internal", "me@127.0.0.1"),
        *("localhost.", "127.0.0.1.", "metadata.google.internal.", "router", "router.lan"),
        *("127\u30020\u30020\u30021", "127\uff610.0.1", "printer\u3002local"),
        *("0177.0.0.1", "127.0x0.1", "127.1", "example.com.0X7F", "\uff11\uff12\uff17.0.0.1"),
        *(
            "[::ffff:10.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::1]",
            "[2002:a00:1::]",
            "[::1.1.1.1]",
        ),
        *(
            "[2001:0:1::80ff:fffe]",
            "[fec0::1]",
            "[fd00::1]",
            "[ff02::1]",
            "224.0.0.1",
            "100.64.0.1",
        ),
    ],
)
def test_a_set_cannot_make_this_machine_call_its_own_network(
    scheme: str, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless the environment names the host: then it is asked, and no other."""
    url = f"{scheme}://{host}/admin/restart"
    with pytest.raises(SetError, match="from no address of a local network"):
        sets.outline(written(tmp_path, url))
    monkeypatch.setenv(public_host.LOCAL, "127.0.0.1:8000")
    public_host.require_https("http://127.0.0.1:8000/a.js")
    with pytest.raises(SetError):
        public_host.require_https(url)


ADDRESSES = {
    "this machine": ["127.0.0.1"],
    "this machine in version 6": ["::1"],
    "a private network": ["192.168.7.7"],
    "another one in a network of 6": ["fd12::1"],
    "a cloud's own server": ["169.254.169.254"],
    "mapped": ["::ffff:127.0.0.1"],
    "behind a gateway from 6 to 4": ["64:ff9b::a9fe:a9fe"],
    "6to4": ["2002:7f00:1::"],
    "one of two": ["93.184.215.14", "10.0.0.1"],
    "of this link, with its card": ["fe80::1%2"],
}


class Names:
    """Answers for names; what is an address already has itself."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def look_up(self, host: str, port: int, *_: object, **__: object) -> list[object]:
        """As ``socket.getaddrinfo``; the last answer stays."""
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]


@pytest.mark.parametrize("found", ADDRESSES.values(), ids=ADDRESSES)
def test_a_public_name_of_a_local_address_is_refused_unasked(
    found: list[str], monkeypatch: pytest.MonkeyPatch, clean: None
) -> None:
    """Whatever the name looks like, and whichever of its addresses it is."""
    monkeypatch.setattr(socket, "getaddrinfo", Names(found).look_up)
    monkeypatch.setattr(socket, "create_connection", pytest.fail)
    with pytest.raises(SetError, match=r"^https://example.org/a.js: its host is at .*local"):
        download.download("https://example.org/a.js", SHA256)


def test_the_address_that_was_judged_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, clean: None
) -> None:
    """A name that leads elsewhere a moment later leads nowhere; each address is tried in turn."""
    names, reached = Names(["93.184.215.14", "2606:4700::1"], ["127.0.0.1"]), list[str]()

    def connect(address: tuple[str, int], *_: object, **__: object) -> None:
        reached.append(address[0])
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(socket, "getaddrinfo", names.look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(SetError, match=r"cannot be reached: .*nobody there"):
        download.download("https://example.org/a.js", SHA256)
    assert reached == ["93.184.215.14", "2606:4700::1"]
    assert names.asked == ["example.org"]


def test_the_host_is_named_to_the_server_and_its_certificate_though_asked_by_address(
    monkeypatch: pytest.MonkeyPatch, clean: None
) -> None:
    """And every redirect is looked up and judged anew."""
    names, heard = Names(["93.184.215.14"], ["2606:4700::1"], ["10.0.0.1"]), []

    def answer(request: httpx2.Request) -> httpx2.Response:
        heard.append(
            (request.url.host, request.headers["host"], request.extensions["sni_hostname"])
        )
        return httpx2.Response(302, headers={"Location": f"//b{len(heard)}.example.org:444/x"})

    made = httpx2.Client
    monkeypatch.setattr(httpx2, "Client", lambda **_: made(transport=httpx2.MockTransport(answer)))
    monkeypatch.setattr(socket, "getaddrinfo", names.look_up)
    with pytest.raises(SetError, match=r"https://b2\.example\.org:444/x: .* at 10\.0\.0\.1"):
        download.download("https://example.org/a.js", SHA256)
    assert heard == [
        ("93.184.215.14", "example.org", "example.org"),
        ("2606:4700::1", "b1.example.org:444", "b1.example.org"),
    ]


def test_a_set_that_is_looked_at_asks_nobody(
    server: str, cache: Path, tmp_path: Path, command: Command
) -> None:
    """`sets show`, `sets check`, `run --dry-run` and a run folder: a sentence that says how."""
    path = str(written(tmp_path, f"{server}/good.js"))
    run = ["run", "--model", "planted:economic=1", "--set", path, "--out", str(tmp_path / "o")]
    for words in (["sets", "show", path], ["sets", "check", path], [*run, "--dry-run"]):
        status, _, err = command(*words)
        assert status == 2
        assert "fetch them with `probes sets fetch`" in err
    assert Server.asked == []


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "A" * 64, "0" * 63, ""])
def test_a_path_outside_the_cache_is_refused(
    name: str, cache: Path, tmp_path: Path, server: str
) -> None:
    """Files are kept under their checksum, and a checksum is 64 hexadecimal digits."""
    path = written(tmp_path, f"{server}/good.js", **{SHA256: f"'{name}'"})
    with pytest.raises(SetError, match="text_from: sha256"):
        sets.load(path)
    with pytest.raises(SetError, match="64 hexadecimal digits"):
        download.cache_path("https://example.com/a.js", name)
    assert Server.asked == []
    assert there(cache) == []


@given(st.text(max_size=60))
def test_whatever_an_address_ends_in_the_file_lies_in_the_cache(end: str) -> None:
    """Only a plain suffix is taken from it."""
    try:
        path = download.cache_path("https://example.com/" + end, SHA256)
    except ValueError:  # no address at all; `allowed` says so first
        return
    assert path.parent == download.cache_folder()
    assert path.name.startswith(SHA256)
    assert path.resolve().parent == download.cache_folder().resolve()


def test_a_spoilt_file_in_the_cache_is_fetched_again(
    server: str, cache: Path, tmp_path: Path
) -> None:
    """What is kept is checked at every use."""
    path = written(tmp_path, f"{server}/good.js")
    sets.load(path)
    (cache / f"{SHA256}.js").write_bytes(SCRIPT[:50])
    sets.load(path)
    assert (cache / f"{SHA256}.js").read_bytes() == SCRIPT
    assert Server.asked == ["/good.js"] * 2


def test_a_cache_that_cannot_be_written_is_said_with_the_way_out(
    server: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file stands where the folder should be."""
    monkeypatch.setenv("PROBES_CACHE", str(tmp_path / "lent.yaml"))
    with pytest.raises(SetError, match="set PROBES_CACHE to another folder"):
        sets.load(written(tmp_path, f"{server}/good.js"))
    assert there(cache) == []


def test_the_cache_is_where_the_user_has_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """PROBES_CACHE, else XDG_CACHE_HOME if it is a full path, else ~/.cache."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("PROBES_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert download.cache_folder() == Path("/home/me/.cache/political-probes/texts")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert download.cache_folder() == Path("/home/me/.cache/political-probes/texts")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/me")
    assert download.cache_folder() == Path("/var/me/political-probes/texts")
    monkeypatch.setenv("PROBES_CACHE", "/mine")
    assert download.cache_folder() == Path("/mine/texts")


def test_who_has_no_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user stands in no list."""
    for name in ("HOME", "PROBES_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    with pytest.raises(SetError, match="there is no home folder to keep texts in; set PROBES_CACH"):
        download.cache_folder()


def test_nobody_is_sent_a_secret(
    server: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of the address, nor of ~/.netrc, nor a cookie of the server's."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    heard, send, answer = [], Server.end_headers, Server.do_GET

    def cookie(handler: Server) -> None:
        handler.send_header("Set-Cookie", "a=secret")
        send(handler)

    def hear(handler: Server) -> None:
        heard.append({name.lower(): value for name, value in handler.headers.items()})
        answer(handler)

    monkeypatch.setattr(Server, "end_headers", cookie)
    monkeypatch.setattr(Server, "do_GET", hear)
    url = f"{server}/redirect.js".replace("://", "://me:secret@")
    assert download.download(url, SHA256) == SCRIPT
    assert len(heard) == 2
    for headers in heard:
        assert not headers.keys() & {"authorization", "proxy-authorization", "cookie", "referer"}
        assert (headers["user-agent"], headers["accept-encoding"]) == (
            "political-probes",
            "identity",
        )
        assert "secret" not in str(headers)


PROXIES = {
    "socks": "socks5://127.0.0.1:9",
    "nobody there": "http://127.0.0.1:9",
    "no proxy": "ftp://127.0.0.1:9",
    "no address": "http://[",
}


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
@pytest.mark.parametrize("name", ["https_proxy", "ALL_PROXY"])
def test_a_proxy_that_does_not_serve_is_one_sentence(
    proxy: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's proxies are asked for what is not on this machine."""
    for other in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, proxy)
    with pytest.raises(SetError, match=r"^https://nowhere\.invalid/a\.js: .+") as error:
        download.download("https://nowhere.invalid/a.js", SHA256)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["https://nowhere.invalid:99999999/a", "https://a..b/a", "https://\u00e4.invalid/\u00e4"]
)
def test_an_address_that_nobody_can_have_is_one_sentence(url: str) -> None:
    with pytest.raises(SetError, match=r"cannot be reached|broke off|too slow"):
        download.download(url, SHA256)


# --- does it fit the key ------------------------------------------------------------------------


def copy(folder: Path, *items: str) -> Path:
    """A file in the format of SCRIPT with other texts."""
    entries = ",".join(f'{{question: "{t}"}}' for t in items)
    path = folder / "copy.js"
    path.write_text(f"questions = [{entries}]")
    return path


MISFITS = {
    "fewer": (ITEMS[:2], "holds 2 statements, the key of lent is for 3"),
    "more": ((*ITEMS, "One more."), "holds 4 statements, the key of lent is for 3"),
    "another order": (ITEMS[::-1], "another order than in the key of lent: number 1 should be s0"),
    "another text": (
        (ITEMS[0], "Taxes should rise.", ITEMS[2]),
        "1 of its statements is not of the key of lent: the first is number 2, which",
    ),
}


@pytest.mark.parametrize(("items", "part"), MISFITS.values(), ids=MISFITS)
def test_a_copy_that_does_not_fit_the_key_is_refused(
    items: tuple[str, ...], part: str, cache: Path, tmp_path: Path, server: str
) -> None:
    """Count, order and words of each statement; and that its checksum is not the file's either."""
    path = written(tmp_path, f"{server}/good.js")
    with pytest.raises(SetError) as error:
        sets.load(path, copy(tmp_path, *items))
    assert str(error.value).startswith(f"{tmp_path / 'copy.js'}: ")
    assert part in str(error.value)
    assert "nor is its sha256" in str(error.value)
    assert Server.asked == []
    assert there(cache) == []


def test_the_right_file_under_a_wrong_key_is_refused_and_not_kept(
    server: str, cache: Path, tmp_path: Path
) -> None:
    """The checksum is right, the order of the key is not: nothing is kept."""
    first, second = (borrowed.text_hash(text) for text in ITEMS[:2])
    swap = {f'"{first}"': '"swap"', f'"{second}"': f'"{first}"', '"swap"': f'"{second}"'}
    with pytest.raises(SetError, match="another order than in the key of lent"):
        sets.load(written(tmp_path, f"{server}/good.js", **swap))
    assert Server.asked == ["/good.js"]
    assert there(cache) == []


def test_an_exact_copy_serves_without_network(cache: Path, tmp_path: Path, server: str) -> None:
    """`--text FILE`; it is the same set as with fetched texts."""
    path = written(tmp_path, f"{server}/good.js")
    (tmp_path / "mine.txt").write_bytes(SCRIPT)
    found = sets.load(path, tmp_path / "mine.txt")
    assert Server.asked == []
    assert there(cache) == []
    assert found == sets.load(path)


def test_another_edition_with_the_same_statements_serves(
    cache: Path, tmp_path: Path, server: str
) -> None:
    """Typographic quotes, case and layout aside, the words are those of the key."""
    path = written(tmp_path, f"{server}/good.js")
    found = sets.load(path, copy(tmp_path, "Rents  should be “capped”", *ITEMS[1:]))
    assert found.statements[0].text == "Rents  should be “capped”"
    assert found.sha256 != sets.load(path).sha256


def test_without_hashes_only_the_exact_file_will_do(
    cache: Path, tmp_path: Path, server: str
) -> None:
    """A set of one's own need not list them, and is then bound to the checksum."""
    drop = {f', text_hash: "{borrowed.text_hash(text)}"': "" for text in ITEMS}
    path = written(tmp_path, f"{server}/good.js", **drop)
    (tmp_path / "mine.js").write_bytes(SCRIPT)
    assert len(sets.load(path, tmp_path / "mine.js").statements) == 3
    with pytest.raises(SetError, match="no text_hash to know its statements by"):
        sets.load(path, copy(tmp_path, *ITEMS))


def test_a_copy_in_another_format_is_refused_by_its_own_name(
    cache: Path, tmp_path: Path, server: str
) -> None:
    """Not by that of some temporary file."""
    path = written(tmp_path, f"{server}/good.js")
    for content in (b"\x89PNG\r\n\x1a\n\0", b"", b"alert(1)", SCRIPT[:60]):
        (tmp_path / "copy.js").write_bytes(content)
        with pytest.raises(SetError) as error:
            sets.load(path, tmp_path / "copy.js")
        assert str(error.value).startswith(f"{tmp_path / 'copy.js'}: ")
        assert "probes-" not in str(error.value)


def test_a_copy_can_be_put_into_the_cache(cache: Path, tmp_path: Path, server: str) -> None:
    """For machines without network: the exact file only, since it is kept under its checksum."""
    path = written(tmp_path, f"{server}/good.js")
    with pytest.raises(SetError, match="cannot be kept"):
        sets.fetch(path, copy(tmp_path, *ITEMS))
    assert there(cache) == []
    (tmp_path / "mine.js").write_bytes(SCRIPT)
    assert len(sets.fetch(path, tmp_path / "mine.js").statements) == 3
    assert there(cache) == [f"{SHA256}.js"]
    assert Server.asked == []


def test_a_set_with_texts_has_nothing_to_fetch(tmp_path: Path) -> None:
    """Neither from an address nor from a copy."""
    with pytest.raises(UsageError, match="nothing to fetch"):
        sets.fetch("compass")
    with pytest.raises(UsageError, match="have their texts already"):
        sets.load("compass", copy(tmp_path, *ITEMS))


# --- the set's own file -------------------------------------------------------------------------


def test_an_outline_needs_neither_network_nor_texts(
    cache: Path, tmp_path: Path, server: str
) -> None:
    """Key, axes and ids are there; a stand-in where a text would be."""
    found = sets.outline(written(tmp_path, f"{server}/good.js"))
    assert [s.id for s in found.statements] == ["s0", "s1", "s2"]
    assert [s.effects["economic"] for s in found.statements] == [-1, 1, 1]
    assert found.sha256 == ""
    assert Server.asked == []


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("id: s1", "id: s0", "stands a second time"),
        ("reader: javascript", "reader: javascrpt", "did you mean 'javascript'"),
        ("reader: javascript", "reader: ./evil.py", "reader"),
        ("reader: javascript", "reader: javascript, path: ../x", "unknown key"),
        ("economic: 1", "econmic: 1", "did you mean 'economic'"),
        ("sha256", "sha265", "did you mean 'sha256'"),
        ("id: s1,", "id: s1, text: Taxes should fall.,", "text: is missing"),
    ],
)
def test_a_fault_of_the_file_is_told_before_anything_is_fetched(
    old: str, new: str, part: str, cache: Path, tmp_path: Path, server: str
) -> None:
    """The network is not asked for a set that cannot be used."""
    with pytest.raises(SetError, match=r"lent\.yaml: ") as error:
        sets.load(written(tmp_path, f"{server}/good.js", **{old: new}))
    assert part in str(error.value)
    assert Server.asked == []


def test_the_file_with_its_texts_is_the_same_set(cache: Path, tmp_path: Path, server: str) -> None:
    """What a run folder keeps: no network, the same checksum, whatever its YAML looks like."""
    found, raw = sets.read(written(tmp_path, f"{server}/good.js"))
    cache.rename(tmp_path / "gone")
    Server.asked = []
    assert sets.parse(raw, "set.yaml") == found
    assert sets.parse(b"# a remark\n" + raw, "set.yaml") == found
    assert Server.asked == []


def test_the_checksum_is_of_key_and_texts(cache: Path, tmp_path: Path, server: str) -> None:
    """A changed weight or text is another set; an edited text is found out by its hash."""
    found, raw = sets.read(written(tmp_path, f"{server}/good.js"))
    heavier = sets.parse(raw.replace(b"economic: -1", b"economic: -2"), "set.yaml")
    assert heavier.sha256 != found.sha256
    with pytest.raises(SetError, match="is not the text that its text_hash stands for"):
        sets.parse(raw.replace(b"capped", b"banned"), "set.yaml")


@given(st.text(), st.text())
def test_a_text_is_known_by_its_words(text: str, other: str) -> None:
    """Eight hexadecimal digits, whatever stands between and around the words."""
    hashed = borrowed.text_hash(text)
    assert len(hashed) == 8
    assert set(hashed) <= set("0123456789abcdef")
    assert borrowed.text_hash(f"“{text}” ") == hashed
    assert borrowed.text_hash(f"{text} one {other}") != borrowed.text_hash(f"{text} two {other}")
