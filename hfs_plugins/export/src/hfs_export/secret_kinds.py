"""Which secrets are known, and how each looks.

Only what its issuer made to be recognised is here, or what a text itself calls a secret: nothing is told by its
randomness alone, so hashes, UUIDs, commits and base64 stay as they are. The shapes named `gitleaks: ID` are those of
the rule ID in gitleaks 8.30 (github.com/gitleaks/gitleaks, MIT, Copyright (c) 2019 Zachary Rice), written for Python
and with lengths that leave room for longer keys of the same maker; why none of the libraries is used says the README.

Every shape starts at one of the words in `anchors`, and what may follow is bounded or cannot be matched in two ways: a
text costs what it is long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BEFORE = r"(?<![A-Za-z0-9_])"
_AFTER = r"(?![A-Za-z0-9_])"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of secret.

    Attributes:
        name: what a marker calls it.
        anchors: a text without any of these, in small letters, holds none.
        shape: what it looks like; where it has a group `secret`, only that is one.
        wraps: it may go on in the next line, where a page or a terminal has broken it.
    """

    name: str
    anchors: tuple[str, ...]
    shape: re.Pattern[str]
    wraps: bool = False


def _key(name: str, shape: str, *anchors: str, wraps: bool = False) -> Kind:
    return Kind(name, anchors, re.compile(f"{_BEFORE}(?:{shape}){_AFTER}"), wraps)


def _said(name: str, shape: str, *anchors: str, wraps: bool = False) -> Kind:
    return Kind(name, anchors, re.compile(shape, re.IGNORECASE), wraps)


_NO_VALUE = (
    r"""(?!\$|%[a-z(]|<|\{|\*\*|x{3}|your|my[-_]|example|changeme|redacted|process\.|os\.|env\.|config\.)"""
)
"""A value is no secret where it is a variable, or a word that stands for one."""

_VALUE = r"(?P<secret>" + _NO_VALUE

_URL_PASSWORD = (
    r"(?<=://)[^\s/?#:@\"'<>`\[\]]{0,256}:"
    r"(?P<secret>(?!\$|%[a-z(]|<|\{|\*\*|x{3}|\d{1,5}[),.;|}]|(?:your[^@\s]*|password|passwd|pass|pwd|\.\.\.)@)"
    r"[^\s/?#\"'<>`\[\]]{1,512})@(?=[\w\[])"
)

_PEM = (
    r"-----BEGIN[ A-Z0-9]{0,60}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?=[^-]{0,400}?[A-Za-z0-9+/=]{24})(?:[^-]++|-(?!----))*+-----END[ A-Z0-9]{0,60}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\s|\\[rn]|[>|\"'+,])*+[A-Za-z0-9+/=]{16,}+)++"
    r"(?:(?:\n|\\n)[> ]*(?=[A-Za-z]*[0-9+/=])[A-Za-z0-9+/=]{1,15}(?=[\s\\\"']|$))?)"
)

_ENVIRONMENT = (
    r"(?<![A-Za-z0-9_$])[A-Z0-9_]{0,60}"
    r"(?:API_?KEY|ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|SECRET|TOKEN|PASSWORD|PASSWD)"
    r"[\"'`]?\s{0,2}[=:]\s{0,2}[\"'`]?"
    rf"(?P<secret>(?i:{_NO_VALUE})(?=[^\s\"'`;,()\[\]<>{{}}]{{0,60}}\d)"
    r"[^\s\"'`;,()\[\]<>{}]{8,512}+)(?=[\s\"'`;,]|$)"
)

KINDS = (
    # gitleaks: private-key; also one that is cut off, as its first lines are secret enough.
    Kind("private-key", ("private key",), re.compile(_PEM)),
    # gitleaks: age-secret-key
    _key("age-key", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", "age-secret-key-1"),
    # gitleaks: anthropic-api-key, anthropic-admin-api-key
    _key("anthropic-key", r"sk-ant-[a-z0-9]{2,12}-[\w-]{24,500}", "sk-ant-", wraps=True),
    # openrouter.ai/docs/api-reference/authentication
    _key("openrouter-key", r"sk-or-v\d-[a-f0-9]{32,128}", "sk-or-v", wraps=True),
    # gitleaks: openai-api-key
    _key("openai-key", r"sk-(?:proj|svcacct|admin|None)-[\w-]{32,500}", "sk-", wraps=True),
    # gitleaks: openai-api-key (the old one); DeepSeek, Moonshot and others who speak its protocol make theirs so, too
    _key("api-key", r"sk-(?=[A-Za-z]{0,31}\d)[A-Za-z0-9]{32,64}", "sk-", wraps=True),
    # gitleaks: huggingface-access-token, huggingface-organization-api-token
    _key("huggingface-token", r"(?:hf_|api_org_)[A-Za-z0-9]{34,40}", "hf_", "api_org_"),
    # console.groq.com/docs/quickstart, docs.x.ai, replicate.com/docs/topics/security/api-tokens, gitleaks:
    # perplexity-api-key
    _key("groq-key", r"gsk_[A-Za-z0-9]{40,64}", "gsk_"),
    _key("xai-key", r"xai-[A-Za-z0-9]{64,100}", "xai-"),
    _key("replicate-token", r"r8_[A-Za-z0-9]{37}", "r8_"),
    _key("perplexity-key", r"pplx-[A-Za-z0-9]{48}", "pplx-"),
    # gitleaks: gcp-api-key; Google's client secrets and access tokens: developers.google.com/identity/protocols/oauth2
    _key("google-key", r"AIza[\w-]{35}", "aiza"),
    _key("google-client-secret", r"GOCSPX-[\w-]{28}", "gocspx-"),
    _key("google-token", r"ya29\.[\w-]{30,1024}", "ya29.", wraps=True),
    # gitleaks: github-pat, github-oauth, github-app-token, github-refresh-token, github-fine-grained-pat
    _key(
        "github-token",
        r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{60,255}",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        wraps=True,
    ),
    # gitleaks: gitlab-* (pat, ptt, deploy, feed, runner, trigger, agent, oauth, scim, cicd job)
    _key(
        "gitlab-token",
        r"(?:gl(?:pat|ptt|dt|ft|ffct|rt|imt|agent|oas|soat|cbt)-|GR1348941)[\w-]{20,300}(?:\.[0-9a-z]{9})?",
        "gl",
        "gr1348941",
    ),
    # gitleaks: aws-access-token, aws-amazon-bedrock-api-key-long-lived; the secret one is known by what it is called:
    # detect-secrets, AWSKeyDetector
    _key(
        "aws-key-id",
        r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
        "a3t",
        "akia",
        "asia",
        "abia",
        "acca",
    ),
    _key("aws-bedrock-key", r"ABSK[A-Za-z0-9+/]{100,270}={0,2}", "absk"),
    _said(
        "aws-secret-key",
        r"(?:aws|amazon|secret)[\w .-]{0,20}key[\w]{0,8}[\"'`]?\s{0,3}(?:=>|[=:])\s{0,3}[\"'`]?"
        r"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        "aws",
        "amazon",
        "secret",
    ),
    # Connection strings: learn.microsoft.com/azure/storage/common/storage-configure-connection-string and
    # learn.microsoft.com/dotnet/api/system.data.sqlclient.sqlconnection.connectionstring
    _said(
        "azure-key",
        r"(?:AccountKey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{40,100}={0,2})",
        "accesskey=",
        "accountkey=",
    ),
    _said("azure-signature", r"[?&]sig=(?P<secret>[A-Za-z0-9%/+]{40,120}(?:=|%3d)?)", "sig="),
    # gitleaks: azure-ad-client-secret
    _key("azure-client-secret", r"[\w~.]{3}\dQ~[\w~.-]{31,34}", "q~"),
    _said(
        "connection-password",
        r";\s{0,3}(?:password|pwd)=" + _VALUE + r"[^;\s\"'`]{1,256})",
        "password=",
        "pwd=",
    ),
    _said(
        "connection-password",
        r"\b(?:password|pwd)=" + _VALUE + r"[^;\s\"'`]{1,256});\s{0,3}\w[\w ]{1,30}=",
        "password=",
        "pwd=",
    ),
    # postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
    _said(
        "connection-password",
        r"\b(?:host|hostaddr|user|dbname|port)=\S{1,128}\s(?:\w{1,32}=\S{0,128}\s){0,10}?password="
        + _VALUE
        + r"[^\s\"'`]{1,256})",
        "password=",
    ),
    # What the query of a URL names so: RFC 6750, 2.3; RFC 6749, 2.3.1
    _said(
        "url-secret",
        r"[?&](?:password|passwd|pwd|api_?key|access_token|refresh_token|client_secret)="
        + _VALUE
        + r"[^\s&#\"'`<>)]{6,2048})",
        "password=",
        "passwd=",
        "pwd=",
        "key=",
        "token=",
        "secret=",
    ),
    # gitleaks: slack-*; hooks.slack.com/services: slack-webhook-url
    _key("slack-token", r"xox[abeoprs]-[A-Za-z0-9-]{16,255}|xapp-\d-[A-Za-z0-9-]{20,200}", "xox", "xapp-"),
    _said(
        "slack-webhook",
        r"hooks\.slack\.com/(?P<secret>(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,80})",
        "hooks.slack.com",
    ),
    # discord.com/developers/docs/resources/webhook and detect-secrets, DiscordBotTokenDetector
    _said(
        "discord-webhook",
        r"discord(?:app)?\.com/api/webhooks/(?P<secret>\d{10,25}/[\w-]{40,100})",
        "api/webhooks/",
    ),
    # core.telegram.org/bots/api#authorizing-your-bot and detect-secrets, TelegramBotTokenDetector
    _key("telegram-token", r"\d{8,10}:AA[\w-]{33}", ":aa"),
    # gitleaks: stripe-access-token, sendgrid-api-token, npm-access-token, pypi-upload-token, rubygems-api-token,
    # digitalocean-*, databricks-api-token, doppler-api-token, linear-api-key, notion-api-token, postman-api-token,
    # shopify-*, square-access-token, sendinblue-api-token, grafana-*, vault-*, planetscale-*, flyio-access-token,
    # hashicorp-tf-api-token, heroku-api-key-v2, 1password-service-account-token, sentry-*, pulumi-api-token
    _key(
        "stripe-key",
        r"(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{16,128}|whsec_[A-Za-z0-9]{32,64}",
        "k_test_",
        "k_live_",
        "k_prod_",
        "whsec_",
    ),
    _key("sendgrid-key", r"SG\.[\w-]{22}\.[\w-]{43}", "sg."),
    _key("npm-token", r"npm_[A-Za-z0-9]{36}", "npm_"),
    _key("pypi-token", r"pypi-AgE[\w-]{50,1000}", "pypi-age", wraps=True),
    _key("rubygems-key", r"rubygems_[a-f0-9]{48}", "rubygems_"),
    _key("digitalocean-token", r"do[opr]_v1_[a-f0-9]{64}", "_v1_"),
    _key("databricks-token", r"dapi[a-f0-9]{32}(?:-\d)?", "dapi"),
    _key("doppler-token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}", "dp."),
    _key("linear-key", r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}", "lin_"),
    _key("notion-token", r"ntn_\d{11}[A-Za-z0-9]{35}", "ntn_"),
    _key("postman-key", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}", "pmak-"),
    _key("shopify-token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", "shp"),
    _key("square-token", r"sq0(?:atp|csp)-[\w-]{22,60}", "sq0"),
    _key("brevo-key", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}", "xkeysib-"),
    _key(
        "grafana-token",
        r"glc_[A-Za-z0-9+/]{32,400}={0,3}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
        "glc_",
        "glsa_",
    ),
    _key("vault-token", r"hv[bsr]\.[\w-]{90,300}", "hvb.", "hvs.", "hvr.", wraps=True),
    _key("planetscale-secret", r"pscale_(?:tkn|oauth|pw)_[\w=.-]{32,64}", "pscale_"),
    _key("fly-token", r"fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,2000}={0,3}", "fm1", "fm2_"),
    _key("terraform-token", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9=_-]{60,70}", ".atlasv1."),
    _key("heroku-key", r"HRKU-AA[\w-]{58}", "hrku-aa"),
    _key("1password-token", r"ops_eyJ[A-Za-z0-9+/]{250,2000}={0,3}", "ops_eyj"),
    _key("sentry-token", r"sntry[su]_[A-Za-z0-9+/=_]{40,500}", "sntry"),
    _key("pulumi-token", r"pul-[a-f0-9]{40}", "pul-"),
    # tailscale.com/kb/1277/key-prefixes
    _key("tailscale-key", r"tskey-[a-z]{3,12}-[A-Za-z0-9]{8,24}-[A-Za-z0-9]{16,48}", "tskey-"),
    # RFC 7519, 3: three parts of base64url, the first two JSON objects; gitleaks: jwt
    Kind(
        "jwt",
        ("eyj",),
        re.compile(r"(?<![\w-])eyJ[\w-]{10,4096}\.eyJ[\w-]{10,65536}\.[\w-]{10,4096}"),
        wraps=True,
    ),
    # RFC 3986, 3.2.1: what follows the colon in the user information of a URL
    Kind("url-password", ("://",), re.compile(_URL_PASSWORD, re.IGNORECASE)),
    # RFC 9110, 11.4; RFC 6750; RFC 7617; gitleaks: curl-auth-header
    _said(
        "authorization",
        r"authorization[\"'`]?\s{0,3}[:=]\s{0,3}[\"'`]?(?:bearer|basic|token|apikey)\s{1,3}"
        + _VALUE
        + r"(?=[\w.~+/-]{0,256}[\d=])[\w.~+/-]{8,8192}={0,2})",
        "authorization",
        wraps=True,
    ),
    _said(
        "authorization",
        r"authorization[\"'`]?\s{0,3}[:=]\s{0,3}[\"'`]?"
        + _VALUE
        + r"(?=[\w.~+/-]{0,40}\d)[\w.~+/-]{20,8192}={0,2})",
        "authorization",
        wraps=True,
    ),
    _said(
        "authorization",
        r"\bbearer\s{1,3}" + _VALUE + r"(?=[\w.~+/-]{0,40}\d)[\w.~+/-]{20,8192}={0,2})",
        "bearer",
        wraps=True,
    ),
    _said(
        "api-key",
        r"x-api-key[\"'`]?\s{0,3}[:=]\s{0,3}[\"'`]?"
        + _VALUE
        + r"(?=[\w.~+/-]{0,40}\d)[\w.~+/-]{16,512}={0,2})",
        "x-api-key",
    ),
    # What a file of environment variables itself calls a secret: 12factor.net/config; gitleaks: generic-api-key
    Kind("environment-secret", ("key", "secret", "token", "passw"), re.compile(_ENVIRONMENT)),
)
"""All kinds; where two take the same words, the first one names them."""

_NAMES = "|".join(sorted({re.escape(kind.name) for kind in KINDS}))

UNTOUCHED = re.compile(
    rf"\[REDACTED:(?:{_NAMES})\]|data:[\w.+-]{{1,64}}/[\w.+-]{{1,64}};base64,[A-Za-z0-9+/]++={{0,2}}"
)
"""Markers, so that none grows; and embedded pictures, whose bytes may look like anything."""
