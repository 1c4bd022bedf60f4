"""What looks like a secret is replaced, and nothing else is touched."""

from __future__ import annotations

import base64
import hashlib
import random
import string
import time
import uuid
from itertools import pairwise

import pytest
from hfs_export.redacting import Redactor, found, redacted_json, replaced
from hfs_export.secret_kinds import KINDS
from hypothesis import given, settings
from hypothesis import strategies as st

from hfs_core.api import Session, now

RANDOM = random.Random(5)
ALNUM = string.ascii_letters + string.digits


def some(count: int, of: str = ALNUM) -> str:
    """Return characters as an issuer draws them, a digit and both cases among them; made here, so no one's secret."""
    return (
        "a1B" + "".join(RANDOM.choice(of) for _ in range(count - 3))
        if of == ALNUM
        else "".join(RANDOM.choice(of) for _ in range(count))
    )


HEX = "0123456789abcdef"
BODY = "\n".join(some(64) for _ in range(12))
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx{some(40)}.{some(43)}"
BASIC = base64.b64encode(b"bob:correct horse 7").decode()

SECRETS = {
    "private-key": f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----",
    "age-key": "AGE-SECRET-KEY-1" + "QPZRY9X8GF" * 5 + "2TVDW0S3",
    "anthropic-key": "sk-ant-api03-" + some(93) + "AA",
    "openrouter-key": "sk-or-v1-" + some(64, HEX),
    "openai-key": "sk-proj-" + some(58) + "T3BlbkFJ" + some(58),
    "api-key": "sk-" + some(20) + "T3BlbkFJ" + some(20),
    "huggingface-token": "hf_" + some(34),
    "groq-key": "gsk_" + some(52),
    "xai-key": "xai-" + some(80),
    "replicate-token": "r8_" + some(37),
    "perplexity-key": "pplx-" + some(48),
    "google-key": "AIza" + some(35),
    "google-client-secret": "GOCSPX-" + some(28),
    "google-token": "ya29." + some(120),
    "github-token": "github_pat_" + some(22) + "_" + some(59),
    "gitlab-token": "glpat-" + some(20),
    "aws-key-id": "AKIA" + "Q3EGR7ABCDEFGHIJ",
    "aws-bedrock-key": "ABSK" + some(120),
    "slack-token": "xoxb-123456789012-1234567890123-" + some(24),
    "telegram-token": "123456789:AA" + some(33),
    "stripe-key": "sk_live_" + some(24),
    "sendgrid-key": f"SG.{some(22)}.{some(43)}",
    "npm-token": "npm_" + some(36),
    "pypi-token": "pypi-AgEIcHlwaS5vcmc" + some(150),
    "rubygems-key": "rubygems_" + some(48, HEX),
    "digitalocean-token": "dop_v1_" + some(64, HEX),
    "databricks-token": "dapi" + some(32, HEX),
    "doppler-token": "dp.pt." + some(43),
    "linear-key": "lin_api_" + some(40),
    "notion-token": "ntn_12345678901" + some(35),
    "postman-key": f"PMAK-{some(24, HEX)}-{some(34, HEX)}",
    "shopify-token": "shpat_" + some(32, HEX),
    "square-token": "sq0atp-" + some(22),
    "brevo-key": f"xkeysib-{some(64, HEX)}-{some(16)}",
    "grafana-token": f"glsa_{some(32)}_{some(8, HEX)}",
    "vault-token": "hvs." + some(95),
    "planetscale-secret": "pscale_tkn_" + some(43),
    "fly-token": "fm2_" + some(200),
    "terraform-token": f"{some(14)}.atlasv1.{some(67)}",
    "heroku-key": "HRKU-AA" + some(58),
    "1password-token": "ops_eyJ" + some(300),
    "sentry-token": "sntryu_" + some(64, HEX),
    "pulumi-token": "pul-" + some(40, HEX),
    "tailscale-key": f"tskey-auth-{some(12)}-{some(32)}",
    "jwt": JWT,
    "azure-client-secret": "abc8Q~" + some(34),
}
"""A secret of each kind that is known by its own shape."""

NAMED = {
    "aws-secret-key": ("aws_secret_access_key = ", some(40), "\n"),
    "azure-key": (
        "AccountName=x;AccountKey=",
        base64.b64encode(bytes(range(64))).decode(),
        ";EndpointSuffix=y",
    ),
    "azure-signature": ("https://x.blob.core.windows.net/y?sv=1&sig=", some(43) + "%3D", "&se=2"),
    "connection-password": ("Server=db;User Id=sa;Password=", "Xk29!mm", ";Encrypt=yes"),
    "url-secret": ("jdbc:mysql://h/db?user=a&password=", "hunter2", "&ssl=1"),
    "slack-webhook": ("https://hooks.slack.com/", "services/T0001/B0001/" + some(40).replace("/", ""), " "),
    "discord-webhook": ("https://discord.com/api/webhooks/", "123456789012345678/" + some(68), " "),
    "url-password": ("postgres://admin:", "s3cr3t@w", "@db.example.com:5432/app"),
    "authorization": ('curl -H "Authorization: Basic ', BASIC, '" https://example.com'),
    "environment-secret": ("export DB_PASSWORD='", "Xk29mmQp", "'\n"),
}
"""A secret of each kind that is known by what stands around it, which stays."""


def test_every_kind_is_tried() -> None:
    assert set(SECRETS) | set(NAMED) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_wherever_it_stands(kind: str) -> None:
    secret = SECRETS[kind]
    for text in ("{}", "key={}", "it is `{}`.", '"{}"', "```\nA={}\n```\nand on", "> {}\n", "({}, x)"):
        assert replaced(text.format(secret)) == (text.format(f"[REDACTED:{kind}]"), 1)


@pytest.mark.parametrize("kind", NAMED)
def test_what_stands_around_a_secret_stays(kind: str) -> None:
    before, secret, after = NAMED[kind]
    assert replaced(f"a {before}{secret}{after} b") == (f"a {before}[REDACTED:{kind}]{after} b", 1)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("redis://:hunter2@localhost:6379/0", "redis://:[REDACTED:url-password]@localhost:6379/0"),
        ("Password=Xk29!mm;Server=db", "Password=[REDACTED:connection-password];Server=db"),
        (
            "host=db user=x password=hunter2 dbname=y",
            "host=db user=x password=[REDACTED:connection-password] dbname=y",
        ),
        ('{"Authorization": "Bearer abcdefgh1234"}', '{"Authorization": "Bearer [REDACTED:authorization]"}'),
        (f"x-api-key: {'q1' * 10}", "x-api-key: [REDACTED:api-key]"),
        (f"bearer {'q1' * 10}", "bearer [REDACTED:authorization]"),
        ("TOKEN=abcdefg7", "TOKEN=[REDACTED:environment-secret]"),
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer [REDACTED:jwt]"),
    ],
)
def test_other_ways_to_write_it(text: str, clean: str) -> None:
    assert replaced(text) == (clean, 1)


def test_a_private_key_is_one_secret_whole_cut_or_in_json() -> None:
    key = SECRETS["private-key"]
    assert replaced(f"a\n{key}\nb {key}") == ("a\n[REDACTED:private-key]\nb [REDACTED:private-key]", 2)
    assert replaced(f"a\n{key[:500]}\n\nIs it cut?") == ("a\n[REDACTED:private-key]\n\nIs it cut?", 1)
    escaped = key.replace("\n", "\\n")
    assert replaced(f'{{"key": "{escaped}\\n"}}') == ('{"key": "[REDACTED:private-key]\\n"}', 1)
    quoted = "\n".join(f"> {line}" for line in key.splitlines())
    assert replaced(quoted) == ("> [REDACTED:private-key]", 1)
    armour = f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 2\n\n{BODY}\n=ab1d\n-----END PGP PRIVATE KEY BLOCK-----"
    assert replaced(armour) == ("[REDACTED:private-key]", 1)


def test_a_secret_that_a_page_broke_into_lines_goes_whole() -> None:
    key = SECRETS["anthropic-key"]
    for broken in (f"{key[:60]}\n{key[60:]}", f"{key[:50]} \\\n    {key[50:]}"):
        assert replaced(f"it is\n{broken}\nas you know") == (
            "it is\n[REDACTED:anthropic-key]\nas you know",
            1,
        )
    others = f"{key}\n{SECRETS['openai-key']}\n{hashlib.sha1(b'x').hexdigest()}"
    assert replaced(others)[0].count("REDACTED") == 2
    assert replaced(others)[0].endswith(hashlib.sha1(b"x").hexdigest())


def test_the_same_secret_twice_is_replaced_twice() -> None:
    key = SECRETS["google-key"]
    assert replaced(f"{key} {key}\n{key}") == (
        "{0} {0}\n{0}".format("[REDACTED:google-key]"),
        3,
    )


INNOCENT = [
    *(str(uuid.UUID(int=RANDOM.getrandbits(128))) for _ in range(20)),
    *(f"commit {hashlib.sha1(bytes([n])).hexdigest()}" for n in range(20)),
    *(f"sha256:{hashlib.sha256(bytes([n])).hexdigest()}" for n in range(20)),
    *(f"md5 {hashlib.md5(bytes([n])).hexdigest()}" for n in range(20)),
    "integrity sha512-" + base64.b64encode(hashlib.sha512(b"x").digest()).decode(),
    "data:image/png;base64," + base64.b64encode(RANDOM.randbytes(20_000)).decode(),
    base64.b64encode(RANDOM.randbytes(200_000)).decode(),
    base64.urlsafe_b64encode(RANDOM.randbytes(200_000)).decode(),
    base64.encodebytes(RANDOM.randbytes(50_000)).decode(),
    "sk-fading-circle-container sk-cube-grid sk-learn",
    "api_key = os.environ['API_KEY']; password = getpass()",
    "token: str = None; MAX_TOKENS=40960; SECRET_KEY = config.secret_1",
    "PASSWORD = get_password_1234()\nTOKEN=$(cat token1) API_KEY=<your-key-1234> OPENAI_API_KEY=your-key-12345678",
    "postgres://user:password@host/db https://user:${PASSWORD}@host https://u:<pass1>@h",
    "http://localhost:3000/x?a=b@c http://localhost:3000?mail=a@b.c (http://h:8080),x@y.z git@github.com:a/b.git",
    "ssh://git@host:22/x https://medium.com/@somebody mailto:a@b.c",
    "put it between -----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY-----",
    "-----BEGIN PUBLIC KEY-----\n" + BODY + "\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\n" + BODY + "\n-----END CERTIFICATE-----",
    "Authorization: Bearer <token>\nAuthorization: Bearer $TOKEN\nAuthorization: OAuth2.0 is needed",
    "the bearer of this letter, and Bearer authentication (RFC 6750)",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + some(43) + " me@host",
    "eyJhbGciOiJIUzI1NiJ9 is the head of a JWT",
    "[REDACTED:openai-key] [REDACTED] [REDACTED:nothing-known]",
    "\ud800 \x00 \u2028 sk- ghp_ AKIA xoxb- ://:@ -----BEGIN",
]


@pytest.mark.parametrize("number", range(len(INNOCENT)))
def test_what_is_no_secret_survives(number: int) -> None:
    assert replaced(INNOCENT[number]) == (INNOCENT[number], 0)


pieces = st.one_of(
    st.text(max_size=20),
    st.sampled_from([*SECRETS.values(), *("".join(parts) for parts in NAMED.values())]),
    st.sampled_from([anchor for kind in KINDS for anchor in kind.anchors]),
    st.sampled_from(
        ["[REDACTED:jwt]", "[REDACTED:", "]", "\n", " ", '"', "=", "@", "password=", "a1B2" * 12]
    ),
)


@given(st.lists(pieces, max_size=8).map("".join))
@settings(deadline=None)
def test_done_again_it_changes_nothing_and_leaves_none(text: str) -> None:
    clean, count = replaced(text)
    assert replaced(clean) == (clean, 0)
    assert found(clean) == []
    assert (clean == text) == (count == 0)
    hits = found(text)
    assert all(0 <= one.start < one.stop <= len(text) for one in hits)
    assert all(one.stop <= two.start for one, two in pairwise(hits))


@given(st.text())
def test_a_text_without_secrets_is_the_same_text(text: str) -> None:
    if not found(text):
        assert replaced(text)[0] is text


def test_a_picture_in_a_text_is_not_searched() -> None:
    picture = "data:image/png;base64,xx/AKIAQ3EGR7ABCDEFGHIJ/yy+"
    assert replaced(f"![a]({picture}) {SECRETS['jwt']}") == (f"![a]({picture}) [REDACTED:jwt]", 1)


@pytest.mark.parametrize("end", ["", "…", " (rewind from #2)"])
def test_a_name_that_was_cut_in_a_secret_has_nothing_of_it(end: str) -> None:
    first = f"Please\nuse {SECRETS['anthropic-key']} for it"
    session = Session(1, "u", f"Please use {SECRETS['anthropic-key'][:20]}{end}", None, 1, "d", now(), now())
    redactor = Redactor()
    clean = redactor.name(session, ["another first message", first])
    assert (clean.name, clean.digest) == (f"Please use [REDACTED:anthropic-key]{end}", "")
    assert redactor.count == 1
    assert redactor.name(session, ["another first message"]).name == session.name
    assert Redactor(is_warning=True).name(session, [first]) is session


def test_json_is_redacted_in_its_texts_and_keys() -> None:
    key = SECRETS["groq-key"]
    value = {"a": [key, 1, None, {"b": f"x {key}"}], key: True}
    redactor = Redactor()
    assert redacted_json(value, redactor.at("here")) == {
        "a": ["[REDACTED:groq-key]", 1, None, {"b": "x [REDACTED:groq-key]"}],
        "[REDACTED:groq-key]": True,
    }
    assert redactor.count == 3


def test_what_is_read_twice_counts_once() -> None:
    redactor = Redactor()
    for _ in range(2):
        assert redactor.at("message", 1)(SECRETS["jwt"]) == "[REDACTED:jwt]"
    assert redactor.count == 1


def test_a_warning_counts_and_changes_nothing() -> None:
    redactor = Redactor(is_warning=True)
    assert redactor.at("message", 1)(SECRETS["jwt"]) == SECRETS["jwt"]
    assert redactor.count == 1


HOSTILE = {
    "begins": "-----BEGIN PRIVATE KEY-----\n" * 20_000,
    "empty key": "-----BEGIN PRIVATE KEY-----" + "\n" * 500_000,
    "jwt": "-eyJ" * 100_000,
    "jwt without an end": "eyJ" + "a" * 4_000 + ".eyJ" + "b." * 200_000,
    "urls": "://a:" * 100_000,
    "url": "x://" + "a" * 500_000,
    "environment": "A_TOKEN=" * 60_000,
    "prefixes": "sk-proj-" * 60_000,
    "dsn": "host=a " * 70_000,
    "passwords": ";password=" * 50_000,
    "lines": "a1B2c3d4\n" * 50_000 + "sk-",
    "bearers": "bearer " * 70_000,
    "aws": "aws key " * 60_000,
    "data": "data:a/b;base64," * 30_000 + "sk-",
    "markers": "[REDACTED:jwt]" * 30_000 + "sk-",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_costs_what_it_is_long(name: str) -> None:
    started = time.process_time()
    replaced(HOSTILE[name])
    assert time.process_time() - started < 2
